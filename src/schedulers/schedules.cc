#include "schedulers/schedules.h"

#include <cmath>

namespace deepcache_gen {
namespace {

// Where the i-th of `count` even parts lies between two values, the first of which comes first.
double even_part(double first, double last, int i, int count) {
  const double ramp = count == 1 ? 0.0 : static_cast<double>(i) / (count - 1);
  return first + ramp * (last - first);
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

}  // namespace deepcache_gen
