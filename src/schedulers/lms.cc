#include <deque>

#include "schedulers/variance_exploding_sampler.h"

namespace deepcache_gen {
namespace {

// Linear multistep: the slopes at the last four levels, as the polynomial through them over sigma, integrated over the
// step (k-diffusion's sample_lms; Adams-Bashforth for uneven steps). A way that starts in the middle has no slopes from
// before, and takes none for granted (diffusers' coefficients are then for four, though there is one).
class LmsSampler final : public VarianceExplodingSampler {
 public:
  using VarianceExplodingSampler::VarianceExplodingSampler;

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step, NoiseSource&) override {
    known_.push_front({derivative(latents, prediction, step), step.sigma});
    if (known_.size() > 4) known_.pop_back();
    LinearForm next = form(latents);
    for (std::size_t i = 0; i < known_.size(); ++i) next = next + known_[i].slope * coefficient(i, step);
    return next;
  }

 private:
  struct Known {
    LinearForm slope;
    double sigma;
  };

  // The integral of the slope's basis polynomial, of third degree at most, for which two points are enough (Gauss).
  double coefficient(std::size_t slope, const Step& step) const {
    const double middle = (step.sigma + step.next_sigma) / 2, half = (step.next_sigma - step.sigma) / 2;
    const double offset = half / std::sqrt(3.0);
    return half * (basis(slope, middle - offset) + basis(slope, middle + offset));
  }

  double basis(std::size_t slope, double sigma) const {
    double product = 1;
    for (std::size_t i = 0; i < known_.size(); ++i) {
      if (i != slope) product *= (sigma - known_[i].sigma) / (known_[slope].sigma - known_[i].sigma);
    }
    return product;
  }

  std::deque<Known> known_;  // the last four, newest first
};

}  // namespace

const SamplerMaker kLms{make<LmsSampler>};

}  // namespace deepcache_gen
