#include "pipeline/tensor_history.h"

#include <ATen/TensorOperators.h>

#include <cmath>
#include <utility>

namespace deepcache_gen {

void TensorHistory::keep(at::Tensor tensor, double sigma) {
  before_ = std::move(last_);
  last_ = {std::move(tensor), std::log(sigma)};
}

at::Tensor TensorHistory::at(double sigma, double extrapolation) const {
  if (extrapolation == 0 || !before_.tensor.defined()) return last_.tensor;
  const double part = extrapolation * (std::log(sigma) - last_.log_sigma) / (last_.log_sigma - before_.log_sigma);
  if (!std::isfinite(part)) return last_.tensor;
  // Two that are nearly equal are subtracted, which bfloat16 has not the digits for.
  const at::Tensor last = last_.tensor.to(at::kFloat);
  return (last + part * (last - before_.tensor.to(at::kFloat))).to(last_.tensor.scalar_type());
}

}  // namespace deepcache_gen
