#include "pipeline/brownian_path.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>

#include <cmath>

namespace deepcache_gen {

at::Tensor BrownianPath::increment(double from, double to, at::Generator& generator) {
  const at::Tensor start = at_point(from, generator);
  return at_point(to, generator) - start;
}

const at::Tensor& BrownianPath::at_point(double point, at::Generator& generator) {
  const auto above = known_.lower_bound(point);
  if (above != known_.end() && above->first == point) return above->second;
  if (known_.empty()) return known_[point] = at::zeros(shape_, at::kDouble);
  const at::Tensor noise = at::randn(shape_, generator, at::kDouble);
  if (above == known_.end() || above == known_.begin()) {
    const auto& [end, value] = above == known_.end() ? *std::prev(above) : *above;
    return known_[point] = value + noise * std::sqrt(std::abs(point - end));
  }
  const auto& [low, low_value] = *std::prev(above);
  const auto& [high, high_value] = *above;
  const double weight = (point - low) / (high - low);
  const double deviation = std::sqrt((point - low) * (high - point) / (high - low));
  return known_[point] = low_value + (high_value - low_value) * weight + noise * deviation;
}

}  // namespace deepcache_gen
