#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/model_identity.h"
#include "pipeline/generation_plan.h"

namespace deepcache_gen {

/// A way from a request to a picture: a file of this folder and a row.
struct PictureTask {
  const char* name;
  bool (*is_asked_for)(const GenerationSettings& settings);
  /// The roles of the parts of the model that it runs (model/model_parts.h).
  std::vector<std::string> (*reads)(const ModelInfo& model);
  std::vector<Pass> (*plan)(const GenerationSettings& settings);
};

/// Every task; the first that is asked for counts.
std::span<const PictureTask> task_table();
const PictureTask& task_of(const GenerationSettings& settings);

/// The identities of a model: one for each task that pictures are made by, since each reads other files.
class ModelIdentities {
 public:
  /// `model` is borrowed.
  explicit ModelIdentities(const ModelInfo& model) : model_(model) {}

  /// Made when a task is first asked for. Throws `Error` where the model lacks a part that it reads.
  std::shared_ptr<const ModelIdentity> of(const PictureTask& task);

 private:
  const ModelInfo& model_;
  std::map<std::string, std::shared_ptr<const ModelIdentity>> by_task_;
};

/// All calls of the settings' sampler as its policy decides them, at that size.
std::vector<PlannedCall> plan_calls(const GenerationSettings& settings);

}  // namespace deepcache_gen
