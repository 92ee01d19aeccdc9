#include "schedulers/schedules.h"

#include <array>
#include <cmath>

#include "support/error.h"

namespace deepcache_gen {
namespace {

// Where the i-th of `count` even parts lies between two values, the first of which comes first.
double even_part(double first, double last, int i, int count) {
  const double ramp = count == 1 ? 0.0 : static_cast<double>(i) / (count - 1);
  return first + ramp * (last - first);
}

// The share of a beta distribution with both parameters `a` below `x`, 0 <= x <= 0.5: DLMF 8.17.7, whose terms fall by
// half at least.
double beta_share(double a, double x) {
  double term = std::pow(x, a) / (a * std::beta(a, a)), sum = term;
  for (int n = 1; n < 60; ++n) {
    const double previous_power = a + n - 1;
    term *= x * (n - a) * previous_power / (n * (a + n));
    sum += term;
  }
  return sum;
}

// Where that share is reached. By halving, which needs no care.
double beta_quantile(double a, double share) {
  if (share <= 0) return 0;
  if (share > 0.5) return 1 - beta_quantile(a, 1 - share);
  double low = 0, high = 0.5;
  for (int i = 0; i < 200 && low < high; ++i) {
    const double middle = (low + high) / 2;
    if (middle == low || middle == high) break;
    (beta_share(a, middle) < share ? low : high) = middle;
  }
  return high;
}

// The published ones of ten steps, and the one that is at the end of training instead of the 0.
using AlignedSigmas = std::array<double, 11>;
constexpr AlignedSigmas kStableDiffusion1 = {14.615, 6.475, 3.861, 2.697, 1.886, 1.396,
                                             0.963,  0.652, 0.399, 0.152, 0.029};
constexpr AlignedSigmas kStableDiffusionXl = {14.615, 6.315, 3.771, 2.181, 1.342, 0.862,
                                              0.555,  0.380, 0.234, 0.113, 0.029};

const AlignedSigmas& aligned_sigmas(AlignedSteps steps) {
  if (steps == AlignedSteps::stable_diffusion_1) return kStableDiffusion1;
  if (steps == AlignedSteps::stable_diffusion_xl) return kStableDiffusionXl;
  throw UsageError("--scheduler",
                   "sigma schedule 'ays' is known for Stable Diffusion 1.x and XL only, and this model is none; use "
                   "karras, say");
}

}  // namespace

std::vector<double> karras_sigmas(const SigmaRange& range) {
  constexpr double kRho = 7;
  const double high = std::pow(range.largest, 1 / kRho), low = std::pow(range.smallest, 1 / kRho);
  std::vector<double> sigmas;
  for (int i = 0; i < range.count; ++i) sigmas.push_back(std::pow(even_part(high, low, i, range.count), kRho));
  return sigmas;
}

std::vector<double> exponential_sigmas(const SigmaRange& range) {
  const double high = std::log(range.largest), low = std::log(range.smallest);
  std::vector<double> sigmas;
  for (int i = 0; i < range.count; ++i) sigmas.push_back(std::exp(even_part(high, low, i, range.count)));
  return sigmas;
}

std::vector<double> beta_sigmas(const SigmaRange& range) {
  constexpr double kShape = 0.6;
  std::vector<double> sigmas;
  for (int i = 0; i < range.count; ++i) {
    const double quantile = beta_quantile(kShape, 1 - even_part(0, 1, i, range.count));
    sigmas.push_back(range.smallest + quantile * (range.largest - range.smallest));
  }
  return sigmas;
}

std::vector<double> simple_sigmas(const SigmaRange& range) {
  const std::vector<float>& levels = range.training.sigmas();
  const double stride = static_cast<double>(levels.size()) / range.count;
  std::vector<double> sigmas;
  for (int i = 0; i < range.count; ++i) {
    sigmas.push_back(levels[levels.size() - 1 - static_cast<std::size_t>(i * stride)]);
  }
  return sigmas;
}

std::vector<double> align_your_steps_sigmas(const SigmaRange& range) {
  const AlignedSigmas& known = aligned_sigmas(range.aligned_steps);
  std::vector<double> sigmas;
  for (int i = 0; i < range.count; ++i) {
    const double place = static_cast<double>(i) * (known.size() - 1) / range.count;
    const auto below = static_cast<std::size_t>(place);
    const double low = std::log(known[below]), high = std::log(known[below + 1]);
    sigmas.push_back(std::exp(low + (place - static_cast<double>(below)) * (high - low)));
  }
  return sigmas;
}

}  // namespace deepcache_gen
