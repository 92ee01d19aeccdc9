#include "schedulers/sampler_table.h"

#include <array>

#include "schedulers/sampler.h"
#include "schedulers/sampler_maker.h"
#include "schedulers/step_plan.h"

namespace deepcache_gen {
namespace {

constexpr std::array kMakers = {
#define SAMPLER(name, infotext, diffusers_class, diffusers_arguments, spacing, calls_per_step, schedules, maker) &maker,
#include "schedulers/samplers.def"
};

}  // namespace

const SamplerMaker& maker_of(const SamplerRow& row) {
  return *kMakers.at(static_cast<std::size_t>(&row - sampler_rows().data()));
}

std::unique_ptr<Sampler> make_sampler(const SchedulerConfig& config, int num_inference_steps, int first_call) {
  std::vector<Step> steps = plan_steps(config, num_inference_steps, first_call);
  const SamplerMaker& maker = maker_of(*find_sampler(config.sampler));
  return maker.make({config, num_inference_steps, std::move(steps), first_call});
}

}  // namespace deepcache_gen
