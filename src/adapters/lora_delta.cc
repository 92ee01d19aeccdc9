#include "adapters/lora_delta.h"

#include <ATen/ops/kron.h>
#include <ATen/ops/mm.h>
#include <c10/util/StringUtil.h>
#include <c10/util/accumulate.h>

#include <algorithm>
#include <initializer_list>
#include <string_view>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using Sizes = std::vector<std::int64_t>;

[[noreturn]] void refuse_sizes(const LoraTensors& tensors, const Sizes& sizes) {
  std::string found;
  for (const auto& [part, tensor] : tensors) {
    if (part != "alpha") found.append(found.empty() ? "" : ", ").append(c10::str(part, " ", tensor.sizes()));
  }
  throw Error(c10::str("is ", found, ", and the layer of this model is ", at::IntArrayRef(sizes),
                       "; take what was made for this model"));
}

// The tensors of a layer, which are as many and as large as they must be.
class Factors {
 public:
  Factors(const LoraTensors& tensors, const Sizes& sizes) : tensors_(tensors), sizes_(sizes) {}

  bool has(const char* part) const { return tensors_.contains(part); }

  void require_only(std::initializer_list<std::string_view> parts) const {
    for (const auto& [part, tensor] : tensors_) {
      if (part == "alpha" || std::find(parts.begin(), parts.end(), part) != parts.end()) continue;
      throw Error("has the tensor '" + part + "' beside those of another kind; take a file that has one kind a layer");
    }
  }

  // [rows, all the others]: a linear's factor has the sides of a kernel, too, if its maker had so.
  at::Tensor matrix(const char* part) const {
    const at::Tensor& tensor = required(part);
    if (tensor.dim() < 2 || tensor.numel() == 0) refuse();
    return tensor.flatten(1);
  }

  const at::Tensor& required(const char* part) const {
    const auto found = tensors_.find(part);
    if (found != tensors_.end()) return found->second;
    throw Error(std::string("has no '") + part + "' tensor, without which the others mean nothing; download it again");
  }

  // left * right, of which both are matrices.
  at::Tensor product(const at::Tensor& left, const at::Tensor& right) const {
    require(left.size(1) == right.size(0));
    return left.to(at::kFloat).mm(right.to(at::kFloat));
  }

  // A product that is part of the sum: what is larger than the weight would take memory that nobody has for it.
  at::Tensor bounded_product(const char* first, const char* second) const {
    const at::Tensor left = matrix(first), right = matrix(second);
    require(left.size(0) <= outputs() && right.size(1) <= inputs());
    return product(left, right);
  }

  // Sum over n and m of core[n, m, y, x] * up[i, n] * down[m, j]: [i, j * pixels].
  at::Tensor tucker_product(const at::Tensor& up, const at::Tensor& core, const at::Tensor& down) const {
    require(core.dim() == 4 && core.numel() > 0 && up.size(1) == core.size(0) && core.size(1) == down.size(0));
    const std::int64_t rows = up.size(0), rank = core.size(1), pixels = core.size(2) * core.size(3);
    // Or what lies between the two products could take any amount of memory.
    require(rows <= outputs() && pixels * down.size(1) <= inputs() && rank <= outputs() + inputs());
    const at::Tensor half = product(up, core.flatten(1)).view({rows, rank, pixels}).transpose(1, 2);
    return product(half.reshape({-1, rank}), down).view({rows, pixels, -1}).transpose(1, 2).flatten(1);
  }

  // In the sizes of the weight.
  at::Tensor whole(const at::Tensor& sum, double scale) const {
    require(sum.size(0) == outputs() && sum.size(1) == inputs());
    return sum.mul(scale).view(sizes_);
  }

  void require(bool fits) const {
    if (!fits) refuse();
  }
  std::int64_t outputs() const { return sizes_.front(); }
  std::int64_t inputs() const { return c10::multiply_integers(sizes_) / std::max<std::int64_t>(outputs(), 1); }
  const Sizes& sizes() const { return sizes_; }

 private:
  [[noreturn]] void refuse() const { refuse_sizes(tensors_, sizes_); }

  const LoraTensors& tensors_;
  const Sizes& sizes_;
};

WeightDelta low_rank(const Factors& factors, const ScaleOfRank& scale) {
  factors.require_only({"up", "down"});
  const at::Tensor up = factors.matrix("up"), down = factors.matrix("down");
  LowRankDelta delta{factors.required("up"), factors.required("down"), scale(down.size(0))};
  if (factors.sizes().size() == 2) delta = {up, down, delta.scale};
  try {
    require_fitting({"", delta}, factors.sizes());
  } catch (const Error&) {
    factors.require(false);
  }
  return delta;
}

WeightDelta with_core(const Factors& factors, const ScaleOfRank& scale) {
  factors.require_only({"up", "mid", "down"});
  const at::Tensor up = factors.matrix("up"), down = factors.matrix("down");
  const at::Tensor& core = factors.required("mid");
  factors.require(core.dim() == 4 && factors.sizes().size() == 4 && core.size(2) == factors.sizes()[2]);
  return factors.whole(factors.tucker_product(up, core, down), scale(down.size(0)));
}

// One of a LoHa's two products; LyCORIS writes the first factor of Tucker's turned over.
at::Tensor hadamard_factor(const Factors& factors, const char* core, const char* first, const char* second) {
  const at::Tensor left = factors.matrix(first), right = factors.matrix(second);
  if (factors.has(core)) return factors.tucker_product(left.t(), factors.required(core), right);
  factors.require(left.size(0) == factors.outputs() && right.size(1) == factors.inputs());
  return factors.product(left, right);
}

WeightDelta hadamard(const Factors& factors, const ScaleOfRank& scale) {
  factors.require_only({"hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2"});
  const at::Tensor one = hadamard_factor(factors, "hada_t1", "hada_w1_a", "hada_w1_b");
  const at::Tensor other = hadamard_factor(factors, "hada_t2", "hada_w2_a", "hada_w2_b");
  factors.require(one.sizes() == other.sizes());
  return factors.whole(one.mul(other), scale(factors.matrix("hada_w1_b").size(0)));
}

at::Tensor kronecker_left(const Factors& factors) {
  if (factors.has("lokr_w1")) return factors.matrix("lokr_w1").to(at::kFloat);
  return factors.bounded_product("lokr_w1_a", "lokr_w1_b");
}

at::Tensor kronecker_right(const Factors& factors) {
  if (factors.has("lokr_w2")) return factors.matrix("lokr_w2").to(at::kFloat);
  if (!factors.has("lokr_t2")) return factors.bounded_product("lokr_w2_a", "lokr_w2_b");
  return factors.tucker_product(factors.matrix("lokr_w2_a").t(), factors.required("lokr_t2"),
                                factors.matrix("lokr_w2_b"));
}

// What is no product has no rank, and then LyCORIS's alpha means nothing.
WeightDelta kronecker(const Factors& factors, const ScaleOfRank& scale) {
  factors.require_only({"lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"});
  const at::Tensor left = kronecker_left(factors), right = kronecker_right(factors);
  factors.require(left.size(0) * right.size(0) == factors.outputs() &&
                  left.size(1) * right.size(1) == factors.inputs());
  double factor = 1;
  for (const char* part : {"lokr_w1_b", "lokr_w2_b"}) {
    if (factors.has(part)) factor = scale(factors.required(part).size(0));
  }
  return factors.whole(at::kron(left, right), factor);
}

bool has_kind(const LoraTensors& tensors, std::string_view prefix) {
  const auto found = tensors.lower_bound(std::string(prefix));
  return found != tensors.end() && found->first.starts_with(prefix);
}

}  // namespace

WeightDelta lora_delta(const LoraTensors& tensors, const Sizes& sizes, const ScaleOfRank& scale) {
  const Factors factors(tensors, sizes);
  if (has_kind(tensors, "hada_")) return hadamard(factors, scale);
  if (has_kind(tensors, "lokr_")) return kronecker(factors, scale);
  return factors.has("mid") ? with_core(factors, scale) : low_rank(factors, scale);
}

}  // namespace deepcache_gen
