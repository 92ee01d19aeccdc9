#pragma once

#include <ATen/core/DimVector.h>
#include <ATen/core/Tensor.h>

#include <memory>
#include <vector>

#include "backend/kept_weights.h"
#include "backend/patchable_weights.h"

namespace deepcache_gen {

/// What a weight is packed from: one weight of the file or several, the rows of one after those of the other, and what
/// is added to them.
class WeightSource {
 public:
  /// Numbers that nobody can patch.
  WeightSource(at::Tensor weight);  // NOLINT: a tensor is a source
  /// `weights`: one or more, which agree in all but the number of rows. `outline`: see below.
  WeightSource(std::vector<std::shared_ptr<const PatchableWeight>> weights, const at::Tensor& outline);

  /// A tensor of the weight's dtype and shape, whose numbers mean nothing and take no memory.
  at::Tensor outline() const;
  /// The same numbers, row by row, in another shape of as many rows.
  WeightSource reshaped(std::vector<std::int64_t> sizes) const;
  /// The numbers, or the parts whose rows they are, one after the other; see `PatchableWeight::read`.
  std::vector<at::Tensor> parts() const;
  /// Which numbers these are: what is packed compares it, and is packed again.
  WeightState state() const;
  /// Says that the numbers were packed: those that can't be patched, and so can't change, need not stay in memory.
  void let_go();

 private:
  std::vector<std::shared_ptr<const PatchableWeight>> weights_;
  bool can_change_;
  at::DimVector sizes_;
  c10::ScalarType dtype_;
};

/// An outline (see `WeightSource`) of that dtype and shape.
at::Tensor outline_of(at::IntArrayRef sizes, c10::ScalarType dtype);

}  // namespace deepcache_gen
