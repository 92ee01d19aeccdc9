#include "schedulers/midpoint_sampler.h"

#include <cmath>

#include "schedulers/ancestral_step.h"

namespace deepcache_gen {

std::vector<Step> calls_with_midpoints(const std::vector<Step>& levels, const LevelsContext& context, double end,
                                       double eta) {
  std::vector<Step> calls;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    calls.push_back(levels[i]);
    const double from = levels[i].sigma, to = i + 1 < levels.size() ? levels[i + 1].sigma : end;
    if (to == 0) break;
    calls.push_back(call_at_sigma(context.training, std::sqrt(from * AncestralStep(from, to, eta).down), false));
  }
  return calls;
}

void MidpointSampler::begin(const at::Tensor& latents, const Step& step) {
  if (!step.opens) return;
  start_ = latents;
  start_sigma_ = step.sigma;
}

LinearForm MidpointSampler::moved(const Prediction& prediction, double to) const {
  const auto kept = static_cast<float>(to / start_sigma_);
  return start() * kept + prediction.denoised() * (1.0f - kept);
}

}  // namespace deepcache_gen
