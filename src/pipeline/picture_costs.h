#pragma once

#include <optional>

#include "caching/pass_costs.h"
#include "caching/tuned_caching.h"
#include "model/model_info.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// What one picture of these settings costs, whose cache policy is not looked at, nor its refiner: by what `tuned` says
/// of its machine, carried over to another size by multiply-adds (by pixels where the model does not say what its parts
/// cost); without it in multiply-adds. Of several passes, a call costs as much as all those together that are made for
/// one of the sampler's way. Nothing where neither is known. `tuned`: null where the model was not tuned. Throws what
/// `plan_generation` does.
std::optional<PassCosts> picture_costs(const ModelInfo& model, const TunedCaching* tuned,
                                       const GenerationSettings& settings);

}  // namespace deepcache_gen
