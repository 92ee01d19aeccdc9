#pragma once

#include <optional>

#include "model/model_info.h"
#include "pipeline/generation_plan.h"

namespace deepcache_gen {

/// The multiply-adds of a plan's images in one batch, text encoders and VAE included; nothing where the model does not
/// say what its parts cost. `cached`: as it is planned; else with every call full.
std::optional<double> plan_multiply_adds(const ModelInfo& model, const GenerationPlan& plan, bool cached = true);

/// How many times fewer multiply-adds a plan takes than the same without caching, for the plan's number of images in
/// one batch: the speed-up of a machine on which arithmetic is all that takes time.
/// Nothing where the model does not say what its parts cost.
std::optional<double> ideal_speed_up(const ModelInfo& model, const GenerationPlan& plan);

}  // namespace deepcache_gen
