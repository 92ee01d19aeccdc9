#pragma once

#include <memory>

#include "schedulers/sampler_rows.h"
#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

class Sampler;  // schedulers/sampler.h; this header is free of Torch

/// A sampler for the calls of `plan_steps`, from `first_call` on. Throws what `plan_steps` throws.
std::unique_ptr<Sampler> make_sampler(const SchedulerConfig& config, int num_inference_steps, int first_call = 0);

}  // namespace deepcache_gen
