#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace deepcache_gen {

/// A change of a weight as a product of two thin matrices (LoRA, Hu et al., arXiv 2106.09685): scale * up * down.
struct LowRankDelta {
  at::Tensor up;     ///< [outputs, rank], or [outputs, rank, 1, 1]
  at::Tensor down;   ///< [rank, inputs], or [rank, inputs / groups, height, width] for a convolution
  double scale = 1;  ///< what a LoRA file says as alpha / rank, times the strength that is wanted
};

/// A change of a weight number by number: scale * numbers, which are as many as the weight's and in its shape.
struct FullDelta {
  FullDelta(at::Tensor all, double times = 1) : numbers(std::move(all)), scale(times) {}  // NOLINT: a tensor is one

  at::Tensor numbers;
  double scale;
};

/// What is added to a weight, in float32. Floating-point tensors on the CPU; they must not be written to while they are
/// in use.
using WeightDelta = std::variant<LowRankDelta, FullDelta>;

/// Which delta it is: the same tensors by the same scale. Does not keep the numbers in memory, but their addresses from
/// becoming another tensor's.
class DeltaIdentity {
 public:
  DeltaIdentity(const WeightDelta& delta);  // NOLINT: for lists of them
  bool is_of(const WeightDelta& delta) const;

 private:
  std::vector<c10::weak_intrusive_ptr<at::TensorImpl>> tensors_;
  double scale_;
};

/// What to do with a weight: `name` is its path of attributes in its module, such as "resnet.conv1.weight".
struct NamedDelta {
  std::string name;
  std::optional<WeightDelta> delta;  ///< unset: whatever was added to the weight before is taken back
};

/// The sizes of weights, by name (see `NamedDelta`).
using WeightSizes = std::map<std::string, std::vector<std::int64_t>>;

/// Throws `Error` naming the weight, which has the shape `weight`, unless the delta can be added to it.
void require_fitting(const NamedDelta& named, at::IntArrayRef weight);

/// Adds a delta that fits to `sum`, which is float32, contiguous and on the CPU.
void add_delta(const at::Tensor& sum, const WeightDelta& delta);

}  // namespace deepcache_gen
