#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "model/model_info.h"

namespace deepcache_gen {

/// The descriptions of the control nets that the requests of a run name, which are read once: a list may name one a
/// thousand times. For one thread at a time.
class KeptControlNets {
 public:
  /// Where nets are looked up that are named without a folder (`model_search_path`); empty: nowhere.
  void look_in(std::vector<std::filesystem::path> places) { places_ = std::move(places); }

  /// The net that `name` means, as `find_model_folder` finds it. Throws `UsageError` about --control-net where there is
  /// none, or it can't be used.
  std::shared_ptr<const ModelInfo> named(const std::string& name);

 private:
  std::vector<std::filesystem::path> places_;
  std::map<std::string, std::shared_ptr<const ModelInfo>> known_;
};

}  // namespace deepcache_gen
