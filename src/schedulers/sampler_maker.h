#pragma once

#include <memory>
#include <vector>

#include "schedulers/noise_levels.h"

namespace deepcache_gen {

class FusedOperators;
class Sampler;

/// What a sampler is made for.
struct SamplerPlan {
  const SamplerRow& row;
  SchedulerConfig config;
  NoiseSchedule training;
  int num_inference_steps;
  std::vector<Step> steps;  ///< those of `plan_steps`, less what lies before `first_call`
  int first_call;           ///< 0: the whole way
  /// What computes its formulas; null: LibTorch's operators, one by one.
  const FusedOperators* operators = nullptr;

  double eta() const { return resolved_eta(row, config); }
};

/// What the file of a sampler defines for its row.
struct SamplerMaker {
  std::unique_ptr<Sampler> (*make)(const SamplerPlan& plan);
  /// The UNet calls for the noise levels of the solver's steps, where that is not one call at each. Of a call it says
  /// `timestep`, `sigma` and `opens`; index and next sigma follow. `end`: the sigma that the way ends at.
  std::vector<Step> (*arrange)(std::vector<Step> levels, const LevelsContext& context, double end) = nullptr;
};

/// For `SamplerMaker::make` where the constructor takes a `SamplerPlan`.
template <class AnySampler>
std::unique_ptr<Sampler> make(const SamplerPlan& plan) {
  return std::make_unique<AnySampler>(plan);
}

#define SAMPLER(name, infotext, diffusers_class, diffusers_arguments, spacing, end, noise, calls_per_step, solver, \
                maker)                                                                                             \
  extern const SamplerMaker maker;
#include "schedulers/samplers.def"

/// The maker that the row names.
const SamplerMaker& maker_of(const SamplerRow& row);

}  // namespace deepcache_gen
