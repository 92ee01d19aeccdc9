#pragma once

#include <optional>

#include "schedulers/sampler.h"

namespace deepcache_gen {

/// What samplers share that step on whole timesteps of training: latents of variance one, as noisy as alpha_bar of the
/// timestep says.
class TimestepSampler : public Sampler {
 public:
  explicit TimestepSampler(const SamplerPlan& plan) : Sampler(plan), training_(plan.training) {}

 protected:
  NoiseLevel level(const Step& step) const override {
    return NoiseLevel::variance_preserving(alpha_bar(static_cast<int>(step.timestep)));
  }

  /// See `NoiseSchedule::alpha_bar`.
  float alpha_bar(int timestep) const { return training_.alpha_bar(timestep); }

  /// That of the next call; unset after the last.
  std::optional<int> next_timestep(const Step& step) const {
    const auto next = static_cast<std::size_t>(step.index) + 1;
    if (next == steps().size()) return std::nullopt;
    return static_cast<int>(steps()[next].timestep);
  }

 private:
  NoiseSchedule training_;
};

}  // namespace deepcache_gen
