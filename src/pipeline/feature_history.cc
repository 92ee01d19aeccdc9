#include "pipeline/feature_history.h"

#include <ATen/TensorOperators.h>

#include <cmath>
#include <utility>

namespace deepcache_gen {

void FeatureHistory::keep(at::Tensor feature, int branch, double sigma) {
  before_ = branch == branch_ ? std::move(last_) : Kept{};
  last_ = {std::move(feature), std::log(sigma)};
  branch_ = branch;
}

at::Tensor FeatureHistory::at(double sigma, double extrapolation) const {
  if (extrapolation == 0 || !before_.feature.defined()) return last_.feature;
  const double part = extrapolation * (std::log(sigma) - last_.log_sigma) / (last_.log_sigma - before_.log_sigma);
  if (!std::isfinite(part)) return last_.feature;
  // Two features that are nearly equal are subtracted, which bfloat16 has not the digits for.
  const at::Tensor last = last_.feature.to(at::kFloat);
  return (last + part * (last - before_.feature.to(at::kFloat))).to(last_.feature.scalar_type());
}

}  // namespace deepcache_gen
