#pragma once

#include "backend/cuda/geglu_block.h"
#include "backend/cuda/group_norm_block.h"
#include "backend/cuda/number_kind.h"
#include "backend/cuda/weighted_sum_block.h"
#include "backend/fused_operators.h"

namespace deepcache_gen {

/// The fused operators but for what runs their blocks: looks at what they are given, makes room for what they return,
/// and shares the work out.
class CheckedOperators : public FusedOperators {
 public:
  /// For tensors on devices of that type.
  explicit CheckedOperators(c10::DeviceType device_type) : device_type_(device_type) {}

  /// A group may have `kMostGroupChannels` at most.
  at::Tensor group_norm(const GroupNormInputs& inputs) const final;
  at::Tensor geglu(const at::Tensor& both) const final;
  at::Tensor weighted_sum(std::span<const WeighedTensor> terms) const final;

 protected:
  virtual BlockLimits limits(c10::Device device) const = 0;
  /// Both kernels, one after the other, as below for the current stream of `device`.
  virtual void run(const GroupNormArguments<void>& arguments, NumberKind kind, c10::Device device) const = 0;
  virtual void run(const GegluArguments<void>& arguments, NumberKind kind, c10::Device device) const = 0;
  virtual void run(const WeightedSumArguments& arguments, c10::Device device) const = 0;

 private:
  c10::DeviceType device_type_;
};

}  // namespace deepcache_gen
