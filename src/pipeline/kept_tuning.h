#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "caching/tuned_caching.h"
#include "model/model_info.h"

namespace deepcache_gen {

/// Where what `tune` finds out about a model lies: `tuned.json` beside its model.json.
std::filesystem::path tuned_file_of_model(const ModelInfo& model);
/// The user's own, which wins, and goes with the weights and not with the folder: in the data folder of this program,
/// `tuned/NAME-DIGITS.json`, the digits the first 16 of the UNet's SHA-256. Nothing where there is no home.
std::optional<std::filesystem::path> tuned_file_of_user(const ModelInfo& model);

/// What `tune` found out about models, read once when a policy first asks: a list has thousands of prompts for one
/// model. For one thread at a time.
class KeptTuning {
 public:
  /// Of that model; null where it was not tuned. Throws `Error` naming the file where it can't be used or was made with
  /// another UNet.
  std::shared_ptr<const TunedCaching> of(const ModelInfo& model);

 private:
  std::map<std::filesystem::path, std::shared_ptr<const TunedCaching>> by_folder_;
};

}  // namespace deepcache_gen
