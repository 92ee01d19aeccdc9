#pragma once

#include <memory>

#include "schedulers/sampler_rows.h"
#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

class FusedOperators;
class Sampler;  // schedulers/sampler.h; this header is free of Torch

/// A sampler for the calls of `plan_steps`, from `first_call` on. `operators`: what computes its formulas, of the
/// device that its tensors are on; null: LibTorch's, one by one. Throws what `plan_steps` throws.
std::unique_ptr<Sampler> make_sampler(const SchedulerConfig& config, int num_inference_steps, int first_call = 0,
                                      const FusedOperators* operators = nullptr);

}  // namespace deepcache_gen
