#pragma once

#include <ATen/core/Tensor.h>

#include <memory>

#include "backend/graph/weight_source.h"
#include "backend/kept_weights.h"
#include "backend/mapped_file.h"
#include "backend/placement.h"

namespace deepcache_gen {

/// A weight on a device, in the dtype of its placement, that follows what is added to it, always in the same memory: a
/// recording may read it.
class PlacedWeight final : public FollowingWeight {
 public:
  /// `channels_last`: whether a kernel of four dimensions lies so. `file`: what the numbers are views of, null where
  /// they are not. The numbers are converted before they are brought to the device, so that no room is needed there for
  /// the dtype of the file.
  PlacedWeight(WeightSource source, const Placement& placement, bool channels_last,
               std::shared_ptr<const MappedFile> file, std::shared_ptr<KeptWeights> kept);

  /// As they are now. Throws `Error` where they changed since and so did the file.
  const at::Tensor& numbers() const;
  void follow() const override;

 private:
  at::Tensor read() const;

  WeightSource source_;
  Placement placement_;
  bool channels_last_;
  std::shared_ptr<const MappedFile> file_;
  at::Tensor numbers_;
  mutable WeightState state_;  // of the source, of which `numbers_` are a copy
};

}  // namespace deepcache_gen
