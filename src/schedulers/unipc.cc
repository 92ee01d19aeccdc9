#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_solve.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>
#include <deque>

#include "schedulers/sampler.h"

namespace deepcache_gen {
namespace {

// UniPC (Zhao et al., arXiv 2302.04867), predicting the denoised latents: each call first corrects the step that led to
// it (UniC, algorithm 1), then predicts the next (UniP, algorithm 2).
class UniPcSampler final : public Sampler {
 public:
  explicit UniPcSampler(const SamplerPlan& plan)
      : Sampler(plan),
        order_(plan.config.solver.order.value_or(2)),
        calls_(static_cast<int>(plan.steps.size())),
        lower_order_final_(plan.config.solver.lower_order_final),
        is_bh1_(plan.config.solver.type.value_or(SolverType::bh2) == SolverType::bh1) {}

  at::Tensor advance(const at::Tensor& latents, const Prediction& prediction, const Step& step, NoiseSource&) override {
    const NoiseLevel here = level(step);
    const Known now{prediction.denoised(), here};
    const at::Tensor corrected = step.index == 0 ? latents : corrected_latents(now);
    known_.push_front(now);
    if (known_.size() > 3) known_.pop_back();
    const bool has_length = step.next_sigma > 0 && step.next_sigma < step.sigma;  // in lambda, which it is divided by
    const int most = lower_order_final_ ? std::min(order_, calls_ - step.index) : order_;
    last_order_ = has_length ? std::min(most, step.index + 1) : 1;
    last_latents_ = corrected;
    return predicted_latents(NoiseLevel::variance_preserving_sigma(static_cast<float>(step.next_sigma)));
  }

 private:
  struct Known {
    LinearForm denoised;
    NoiseLevel level;
  };

  // What both take of a step: where it goes, and how the differences are weighed (section 3.1 there).
  struct Way {
    double h;
    double growth;                // e^-h - 1
    double b;                     // B(h)
    std::vector<double> places;   // of earlier predictions, in steps of h
    std::vector<double> targets;  // b_k of equation 9
  };

  // From the newest known level; `order` is how many differences there are, that to the end of the step counted.
  Way way_to(const NoiseLevel& to, int order) const {
    const double from = known_[0].level.lambda();
    Way way{to.lambda() - from, 0, 0, {}, {}};
    way.growth = std::expm1(-way.h);
    way.b = is_bh1_ ? -way.h : way.growth;
    for (int i = 1; i < order; ++i) {
      way.places.push_back((known_[static_cast<std::size_t>(i)].level.lambda() - from) / way.h);
    }
    double phi = way.growth / -way.h - 1, factorial = 1;
    for (int k = 1; k <= order; ++k) {
      way.targets.push_back(phi * factorial / way.b);
      factorial *= k + 1;
      phi = phi / -way.h - 1 / factorial;
    }
    return way;
  }

  // The weights of the differences at `places`, which are right for polynomials of lower degree than there are.
  static std::vector<double> weights(const std::vector<double>& places, const std::vector<double>& targets) {
    const auto count = static_cast<std::int64_t>(places.size());
    const at::Tensor row = at::tensor(places, at::kDouble);
    std::vector<at::Tensor> rows;
    for (std::int64_t power = 0; power < count; ++power) rows.push_back(row.pow(power));
    const std::vector<double> right(targets.begin(), targets.begin() + count);
    const at::Tensor solved = at::linalg_solve(at::stack(rows), at::tensor(right, at::kDouble));
    return {solved.const_data_ptr<double>(), solved.const_data_ptr<double>() + count};
  }

  // What a step begins with, without the differences.
  LinearForm base(const Way& way, const NoiseLevel& to) const {
    return form(last_latents_) * (to.noise / known_[0].level.noise) -
           known_[0].denoised * static_cast<float>(to.signal * way.growth);
  }

  // The weighed differences between earlier predictions and the newest, of which there is at least one.
  LinearForm differences(const Way& way, const std::vector<double>& weights) const {
    const auto difference = [&](std::size_t i) {
      return (known_[i + 1].denoised - known_[0].denoised) * static_cast<float>(weights[i] / way.places[i]);
    };
    LinearForm sum = difference(0);
    for (std::size_t i = 1; i < way.places.size(); ++i) sum = sum + difference(i);
    return sum;
  }

  at::Tensor predicted_latents(const NoiseLevel& to) const {
    const Way way = way_to(to, last_order_);
    if (last_order_ == 1) return base(way, to);
    // For one difference any weight is of second order; the paper takes a half.
    const std::vector<double> mix = last_order_ == 2 ? std::vector<double>{0.5} : weights(way.places, way.targets);
    return base(way, to) - differences(way, mix) * static_cast<float>(to.signal * way.b);
  }

  at::Tensor corrected_latents(const Known& now) const {
    const Way way = way_to(now.level, last_order_);
    std::vector<double> places = way.places;
    places.push_back(1);
    const std::vector<double> mix = last_order_ == 1 ? std::vector<double>{0.5} : weights(places, way.targets);
    LinearForm sum = (now.denoised - known_[0].denoised) * static_cast<float>(mix.back());
    if (last_order_ > 1) sum = sum + differences(way, mix);
    return base(way, now.level) - sum * static_cast<float>(now.level.signal * way.b);
  }

  int order_, calls_;
  bool lower_order_final_, is_bh1_;
  int last_order_ = 0;
  at::Tensor last_latents_;  // what the last prediction began with
  std::deque<Known> known_;  // the last three, newest first
};

}  // namespace

const SamplerMaker kUniPc{make<UniPcSampler>};

}  // namespace deepcache_gen
