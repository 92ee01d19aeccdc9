#pragma once

#include "backend/cuda/checked_operators.h"

namespace deepcache_gen {

/// The fused operators by kernels on CUDA devices, each on the current stream of the device that its tensors are on.
class DeviceOperators : public CheckedOperators {
 public:
  DeviceOperators() : CheckedOperators(c10::DeviceType::CUDA) {}

 private:
  BlockLimits limits(c10::Device device) const override;
  void run(const GroupNormArguments<void>& arguments, NumberKind kind, c10::Device device) const override;
  void run(const GegluArguments<void>& arguments, NumberKind kind, c10::Device device) const override;
  void run(const WeightedSumArguments& arguments, c10::Device device) const override;
};

}  // namespace deepcache_gen
