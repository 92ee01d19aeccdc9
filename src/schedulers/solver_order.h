#pragma once

#include <algorithm>

#include "schedulers/sampler_maker.h"

namespace deepcache_gen {

/// How many predictions a multistep solver mixes, call by call, as diffusers' DPM solvers do.
class SolverOrder {
 public:
  /// `usual`: where the model says nothing.
  SolverOrder(const SamplerPlan& plan, int usual)
      : settings_(plan.config.solver),
        order_(settings_.order.value_or(usual)),
        calls_(static_cast<int>(plan.steps.size())),
        few_steps_(plan.num_inference_steps < 15) {}

  int at(const Step& step) const {
    if (step.next_sigma == step.sigma) return 1;  // no way at all, which the others would be divided by
    const int left = calls_ - step.index;         // this one is counted
    const bool falls = settings_.lower_order_final && few_steps_;
    if (left == 1 && (falls || settings_.euler_at_final || step.next_sigma == 0)) return 1;
    return std::min({order_, step.index + 1, left == 2 && falls ? 2 : order_});
  }

 private:
  SolverSettings settings_;
  int order_, calls_;
  bool few_steps_;
};

}  // namespace deepcache_gen
