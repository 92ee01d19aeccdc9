#include "schedulers/sampler_table.h"

#include <array>

#include "schedulers/sampler.h"
#include "schedulers/sampler_maker.h"
#include "schedulers/step_plan.h"

namespace deepcache_gen {
namespace {

constexpr std::array kMakers = {
#define SAMPLER(name, infotext, diffusers_class, diffusers_arguments, spacing, end, noise, calls_per_step, solver, \
                maker)                                                                                             \
  &maker,
#include "schedulers/samplers.def"
};

}  // namespace

const SamplerMaker& maker_of(const SamplerRow& row) {
  return *kMakers.at(static_cast<std::size_t>(&row - sampler_rows().data()));
}

std::unique_ptr<Sampler> make_sampler(const SchedulerConfig& config, int num_inference_steps, int first_call,
                                      const FusedOperators* operators) {
  NoiseSchedule training(config);
  std::vector<Step> steps = plan_steps(config, training, num_inference_steps, first_call);
  const SamplerRow& row = *find_sampler(config.sampler);
  return maker_of(row).make(
      {row, config, std::move(training), num_inference_steps, std::move(steps), first_call, operators});
}

}  // namespace deepcache_gen
