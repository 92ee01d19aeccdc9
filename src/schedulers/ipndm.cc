#include <deque>

#include "schedulers/variance_exploding_sampler.h"

namespace deepcache_gen {
namespace {

// Improved PNDM: the linear multistep of Liu et al. (arXiv 2202.09778, equation 12) on slopes over sigma, started with
// fewer of them (Zhang and Chen, arXiv 2204.13902, appendix H.3), as in stable-diffusion.cpp and ComfyUI.
class IpndmSampler final : public VarianceExplodingSampler {
 public:
  using VarianceExplodingSampler::VarianceExplodingSampler;

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step, NoiseSource&) override {
    slopes_.push_front(derivative(latents, prediction, step));
    if (slopes_.size() > 4) slopes_.pop_back();
    const float distance = static_cast<float>(step.next_sigma) - static_cast<float>(step.sigma);
    return form(latents) + extrapolated_slope() * distance;
  }

 private:
  LinearForm extrapolated_slope() const {
    const auto& d = slopes_;
    if (d.size() == 1) return d[0];
    if (d.size() == 2) return (3 * d[0] - d[1]) / 2;
    if (d.size() == 3) return (23 * d[0] - 16 * d[1] + 5 * d[2]) / 12;
    return (55 * d[0] - 59 * d[1] + 37 * d[2] - 9 * d[3]) / 24;
  }

  std::deque<LinearForm> slopes_;  // the last four, newest first
};

}  // namespace

const SamplerMaker kIpndm{make<IpndmSampler>};

}  // namespace deepcache_gen
