#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

class Sampler;  // schedulers/sampler.h; this header is free of Torch

/// Every sampler that `make_sampler` knows.
std::vector<std::string> sampler_names();
/// discrete (the levels of training) and karras (Karras et al., arXiv 2206.00364).
std::vector<std::string> sigma_schedule_names();

/// The model's config with the user's choices put in. Where only a sampler is chosen and it can't follow the model's
/// own sigma schedule, the schedule becomes discrete. The names are checked by `make_sampler`.
SchedulerConfig with_sampler(SchedulerConfig config, const std::optional<std::string>& sampler,
                             const std::optional<std::string>& sigma_schedule);

/// A sampler of `num_inference_steps` denoising steps. Throws `UsageError` for an unknown name, a sigma schedule that
/// the sampler can't follow, and a number of steps outside 1..num_train_timesteps or too near its end for the sampler.
std::unique_ptr<Sampler> make_sampler(const SchedulerConfig& config, int num_inference_steps);

}  // namespace deepcache_gen
