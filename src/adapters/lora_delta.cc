#include "adapters/lora_delta.h"

#include <ATen/ops/mm.h>
#include <c10/util/StringUtil.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

const at::Tensor& required(const LoraTensors& tensors, const char* part) {
  const auto found = tensors.find(part);
  if (found == tensors.end()) {
    throw Error(std::string("has no '") + part + "' tensor, without which the others mean nothing; download it again");
  }
  return found->second;
}

[[noreturn]] void refuse_sizes(const LoraTensors& tensors, const std::vector<std::int64_t>& sizes) {
  std::string found;
  for (const auto& [part, tensor] : tensors) {
    if (part != "alpha") found.append(found.empty() ? "" : ", ").append(c10::str(part, " ", tensor.sizes()));
  }
  throw Error(c10::str("is ", found, ", and the layer of this model is ", at::IntArrayRef(sizes),
                       "; take what was made for this model"));
}

// [rows, all the others], which a linear's factor has with sides of a kernel, too.
at::Tensor matrix(const at::Tensor& factor) { return factor.flatten(1); }

WeightDelta product(const LoraTensors& tensors, const std::vector<std::int64_t>& sizes, double scale) {
  LowRankDelta delta{required(tensors, "up"), required(tensors, "down"), scale};
  if (sizes.size() == 2) {
    delta.up = matrix(delta.up);
    delta.down = matrix(delta.down);
  }
  return delta;
}

// Both factors have a kernel of one pixel.
WeightDelta tucker_sum(const LoraTensors& tensors, const std::vector<std::int64_t>& sizes, double scale) {
  const at::Tensor up = matrix(tensors.at("up")).to(at::kFloat), down = matrix(tensors.at("down")).to(at::kFloat);
  const at::Tensor mid = tensors.at("mid").to(at::kFloat);
  const bool fits = sizes.size() == 4 && mid.dim() == 4 && up.size(0) == sizes[0] && up.size(1) == mid.size(0) &&
                    down.size(0) == mid.size(1) && down.size(1) == sizes[1] && mid.size(2) == sizes[2] &&
                    mid.size(3) == sizes[3];
  if (!fits) refuse_sizes(tensors, sizes);
  const std::int64_t rank = mid.size(1), pixels = mid.size(2) * mid.size(3);
  // [outputs, rank * pixels], then with the rank last for the second product.
  const at::Tensor half = up.mm(mid.flatten(1)).view({sizes[0], rank, pixels}).transpose(1, 2).reshape({-1, rank});
  const at::Tensor sum = half.mm(down).view({sizes[0], pixels, sizes[1]}).transpose(1, 2).reshape(sizes);
  return sum.mul(scale);
}

}  // namespace

WeightDelta lora_delta(const LoraTensors& tensors, const std::vector<std::int64_t>& sizes, const ScaleOfRank& scale) {
  const at::Tensor &down = required(tensors, "down"), &up = required(tensors, "up");
  if (down.dim() < 2 || up.dim() < 2 || down.numel() == 0 || up.numel() == 0) refuse_sizes(tensors, sizes);
  const double factor = scale(down.size(0));
  if (tensors.contains("mid")) return tucker_sum(tensors, sizes, factor);
  const NamedDelta delta{"", product(tensors, sizes, factor)};
  try {
    require_fitting(delta, sizes);
  } catch (const Error&) {
    refuse_sizes(tensors, sizes);
  }
  return *delta.delta;
}

}  // namespace deepcache_gen
