#pragma once

#include <ATen/core/Tensor.h>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "backend/recorder.h"
#include "model/unet.h"

namespace deepcache_gen {

/// A UNet whose calls are recorded and played (CUDA graphs): a call of a kind, branch, shapes and dtype is made as
/// usual the first time, recorded the second time, and played from then on. What it works on is brought to where the
/// recording reads it; only a deep feature that a full call of this UNet handed out is read where it is, and so is what
/// modules hold of the conditioning. What it returns lies where the next call of that kind writes, as `UNet` says.
class RecordedUNet final : public UNet {
 public:
  /// `unet` must outlive this one.
  RecordedUNet(const UNet& unet, std::unique_ptr<Recorder> recorder);
  ~RecordedUNet() override;

  FullOutput full(const UNetInput& input, int branch) const override;
  /// As `unet` does it, unrecorded: to find out about branches is done once.
  FullOutputs full(const UNetInput& input, std::span<const int> branches) const override;
  at::Tensor shallow(const UNetInput& input, int branch, const at::Tensor& deep_feature) const override;
  void reread(const Conditioning& conditioning) const override { unet_.reread(conditioning); }

  /// How many there are.
  std::size_t recordings() const;
  /// Why calls are not recorded any more; unset where all is well. It is handed out once.
  std::optional<std::string> take_problem() const;

 private:
  struct Inputs;
  class ResidualsRoom;
  struct Call;
  Inputs& bring(const UNetInput& input) const;
  Call& call_of(const Inputs& inputs, const UNetResiduals* residuals, int branch, const at::Tensor& feature) const;
  bool is_ours(const at::Tensor& feature) const;
  void forget() const;
  bool records() const;
  void make(Call& call) const;
  void record(Call& call) const;

  const UNet& unet_;
  mutable std::unique_ptr<Recorder> recorder_;  ///< null once it failed
  mutable std::optional<std::string> problem_;
  mutable std::list<Inputs> inputs_;  ///< the last used first
  mutable std::list<Call> calls_;     ///< likewise
};

}  // namespace deepcache_gen
