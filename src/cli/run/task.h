#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/output/picture.h"

namespace deepcache_gen {

/// That a worker could not make a picture, and why.
struct Attempt {
  std::size_t worker;
  std::string problem;
};

/// A picture in the hands of a worker.
struct Task {
  Picture picture;
  std::size_t place = 0;          ///< among the results of the run, from 0
  std::vector<Attempt> failed{};  ///< by workers that had it before
};

}  // namespace deepcache_gen
