#pragma once

#include <vector>

#include "schedulers/noise_levels.h"
#include "schedulers/variance_exploding_sampler.h"

namespace deepcache_gen {

/// The calls of solvers that look halfway, in log sigma, between a level and the one they step to: that of an ancestral
/// step with `eta`. A step to no noise at all has one call. `end`: the sigma that the way ends at.
std::vector<Step> calls_with_midpoints(const std::vector<Step>& levels, const LevelsContext& context, double end,
                                       double eta);

/// What solvers share that make these calls: both start where the step was opened.
class MidpointSampler : public VarianceExplodingSampler {
 public:
  explicit MidpointSampler(const SamplerPlan& plan) : VarianceExplodingSampler(plan), eta_(plan.eta()) {}

 protected:
  double eta() const { return eta_; }
  /// The latents and the sigma that the step began with.
  LinearForm start() const { return form(start_); }
  double start_sigma() const { return start_sigma_; }

  /// Where `step` opens one, it begins with `latents`.
  void begin(const at::Tensor& latents, const Step& step);
  /// From the start to another sigma, straight to what is predicted now.
  LinearForm moved(const Prediction& prediction, double to) const;

 private:
  double eta_;
  at::Tensor start_;
  double start_sigma_ = 0;
};

}  // namespace deepcache_gen
