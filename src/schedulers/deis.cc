#include <array>
#include <cmath>
#include <deque>

#include "schedulers/sampler.h"
#include "schedulers/solver_order.h"

namespace deepcache_gen {
namespace {

// The integral of (log t)^power from 0 to t.
double integral_of_log(double t, int power) {
  if (t == 0) return 0;
  const double log = std::log(t);
  if (power == 0) return t;
  if (power == 1) return t * (log - 1);
  return t * (log * log - 2 * log + 2);
}

// Diffusion exponential integrator sampler in its log rho form (Zhang and Chen, arXiv 2204.13902, section 3.3 and
// appendix): the last noise predictions, as the polynomial through them over the logarithm of rho (sigma here),
// integrated over rho.
class DeisSampler final : public Sampler {
 public:
  explicit DeisSampler(const SamplerPlan& plan) : Sampler(plan), order_(plan, 2) {}

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step, NoiseSource&) override {
    known_.push_front({prediction.noise(), std::log(step.sigma)});
    if (known_.size() > 3) known_.pop_back();
    LinearForm sum = form(latents) / level(step).signal;
    const int order = order_.at(step);
    for (int i = 0; i < order; ++i) {
      sum = sum + known_[static_cast<std::size_t>(i)].noise * static_cast<float>(coefficient(i, order, step));
    }
    return sum * NoiseLevel::variance_preserving_sigma(static_cast<float>(step.next_sigma)).signal;
  }

 private:
  struct Known {
    LinearForm noise;
    double log_rho;
  };

  // The integral of the basis polynomial of prediction `i` among the last `order`.
  double coefficient(int i, int order, const Step& step) const {
    std::array<double, 3> polynomial{1, 0, 0};  // by powers of log rho
    for (int other = 0; other < order; ++other) {
      if (other == i) continue;
      const double root = known_[static_cast<std::size_t>(other)].log_rho;
      const double scale = 1 / (known_[static_cast<std::size_t>(i)].log_rho - root);
      for (std::size_t power = 2; power > 0; --power) {
        polynomial[power] = (polynomial[power - 1] - root * polynomial[power]) * scale;
      }
      polynomial[0] *= -root * scale;
    }
    double sum = 0;
    for (int power = 0; power < order; ++power) {
      sum += polynomial[static_cast<std::size_t>(power)] *
             (integral_of_log(step.next_sigma, power) - integral_of_log(step.sigma, power));
    }
    return sum;
  }

  SolverOrder order_;
  std::deque<Known> known_;  // the last three, newest first
};

}  // namespace

const SamplerMaker kDeis{make<DeisSampler>};

}  // namespace deepcache_gen
