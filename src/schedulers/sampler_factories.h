#pragma once

#include <memory>

#include "schedulers/sampler.h"
#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

// One per sampler, in the file of its name; called through the table in sampler_table.cc, which has checked names and
// range. They throw `UsageError` where the sampler has no such number of steps.

std::unique_ptr<Sampler> make_pndm(const SchedulerConfig& config, int num_inference_steps);
std::unique_ptr<Sampler> make_ddim(const SchedulerConfig& config, int num_inference_steps);
std::unique_ptr<Sampler> make_euler(const SchedulerConfig& config, int num_inference_steps);
std::unique_ptr<Sampler> make_euler_ancestral(const SchedulerConfig& config, int num_inference_steps);
std::unique_ptr<Sampler> make_dpmpp_2m(const SchedulerConfig& config, int num_inference_steps);

}  // namespace deepcache_gen
