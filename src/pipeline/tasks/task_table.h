#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/model_identity.h"
#include "pipeline/generation_plan.h"
#include "schedulers/step.h"

namespace deepcache_gen {

/// A way from a request to a picture: a file of this folder and a row.
struct PictureTask {
  const char* name;
  bool (*is_asked_for)(const GenerationSettings& settings);
  /// The roles of the parts of the model that it runs (model/model_parts.h).
  std::vector<std::string> (*reads)(const GenerationSettings& settings, const ModelInfo& model);
  std::vector<Pass> (*plan)(const GenerationSettings& settings);
};

/// Every task; the first that is asked for counts.
std::span<const PictureTask> task_table();
const PictureTask& task_of(const GenerationSettings& settings);

/// The identities of a model: pictures of one task may read other parts of it than those of another.
class ModelIdentities {
 public:
  /// `model` is borrowed.
  explicit ModelIdentities(const ModelInfo& model) : model_(model) {}

  /// Made when those parts are first asked for. Throws `Error` where the model lacks one.
  std::shared_ptr<const ModelIdentity> of(const GenerationSettings& settings);

 private:
  const ModelInfo& model_;
  std::map<std::vector<std::string>, std::shared_ptr<const ModelIdentity>> by_roles_;
};

// What the tasks are made of.

/// A pass in the settings' size, of those calls of their sampler on its way of `steps` steps that are wanted, one
/// behind the other. What each is to do is decided by `plan_generation`.
Pass plan_pass(const GenerationSettings& settings, int steps, const std::function<bool(const Step&)>& is_wanted = {});

/// A pass that adds noise to what is there, for int(steps * strength) of the steps (diffusers' `get_timesteps`).
Pass pass_of_strength(const GenerationSettings& settings, int steps, double strength);

/// The parts that every picture needs: UNet, text encoders, the VAE's decoder.
std::vector<std::string> parts_of_any_picture(const ModelInfo& model);
/// Those and the VAE's encoder.
std::vector<std::string> parts_of_picture_input(const ModelInfo& model);

}  // namespace deepcache_gen
