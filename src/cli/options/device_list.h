#pragma once

#include <string>
#include <vector>

namespace deepcache_gen {

/// The devices that work at the same time, at least one: each cpu or cuda:N, a GPU no more than once.
struct DeviceList {
  std::vector<std::string> names;
};

}  // namespace deepcache_gen
