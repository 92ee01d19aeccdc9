#include "schedulers/sampler.h"

namespace deepcache_gen {

at::Tensor Sampler::scale_model_input(const at::Tensor& latents, const Step&) const { return latents; }

float Sampler::sigma_after(const Step& step) const {
  const auto next = static_cast<std::size_t>(step.index) + 1;
  return next < steps_.size() ? static_cast<float>(steps_[next].sigma) : 0.0f;
}

}  // namespace deepcache_gen
