#pragma once

#include <memory>
#include <optional>
#include <string>

#include "schedulers/sampler_rows.h"
#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

class Sampler;  // schedulers/sampler.h; this header is free of Torch

/// The model's config with the user's choices put in. Where only a sampler is chosen and it can't follow the model's
/// own sigma schedule, the schedule becomes discrete. The names are checked by `make_sampler`.
SchedulerConfig with_sampler(SchedulerConfig config, const std::optional<std::string>& sampler,
                             const std::optional<std::string>& sigma_schedule);

/// A sampler for the calls of `plan_steps`, from `first_call` on. Throws what `plan_steps` throws.
std::unique_ptr<Sampler> make_sampler(const SchedulerConfig& config, int num_inference_steps, int first_call = 0);

}  // namespace deepcache_gen
