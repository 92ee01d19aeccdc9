#include "pipeline/calibration.h"

#include <algorithm>
#include <cmath>

namespace deepcache_gen {
namespace {

// d x' / d output of x' = sqrt(a') x0 + sqrt(1 - a') epsilon, where x0 and epsilon follow from x and the output.
double ddim_weight(double sigma, double next_sigma, PredictionType prediction_type) {
  constexpr double kLeastSignal = 1e-3;  // at none, epsilon says nothing of the picture
  const auto signal = [](double s) { return std::isinf(s) ? 0 : 1 / std::sqrt(1 + s * s); };
  const auto noise = [&](double s) { return std::isinf(s) ? 1 : s * signal(s); };
  const double forward = signal(sigma) * noise(next_sigma) - signal(next_sigma) * noise(sigma);
  return prediction_type == PredictionType::v_prediction ? forward : forward / std::max(signal(sigma), kLeastSignal);
}

}  // namespace

std::vector<double> weights_of_outputs(const std::vector<Step>& steps, PredictionType prediction_type) {
  std::vector<double> weights;
  for (std::size_t opener = 0; opener < steps.size();) {
    std::size_t end = opener + 1;
    while (end < steps.size() && !steps[end].opens) ++end;
    const double next_sigma = end < steps.size() ? steps[end].sigma : steps[end - 1].next_sigma;
    double weight = ddim_weight(steps[opener].sigma, next_sigma, prediction_type);
    if (weight == 0 && !weights.empty()) weight = weights.back();
    const auto calls = static_cast<double>(end - opener);
    for (; opener < end; ++opener) weights.push_back(weight / calls);
  }
  return weights;
}

CalibrationCalls calls_of(const CalibrationWish& wish, int calls, bool guided) {
  CalibrationCalls counted{calls, 0};
  if (wish.gains.empty()) {
    for (const int call : calls_of_gains(calls)) {
      counted.full += calls - 1 - call;
      ++counted.cached;
    }
    return counted;
  }
  const int reach = reach_of_segments(calls);
  for (int call = 1; call < calls; ++call) {
    counted.cached += std::min(call, reach) * static_cast<int>(wish.branches.size()) + (guided ? 1 : 0);
  }
  return counted;
}

}  // namespace deepcache_gen
