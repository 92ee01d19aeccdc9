#pragma once

#include <ATen/core/Tensor.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backend/module.h"
#include "model/part_weights.h"
#include "model/unet.h"

namespace deepcache_gen {

/// The modules of a UNet, cut into rungs by the exporter. `down[0]` is conv_in; up rung i consumes skip n - 1 - i.
struct UNetRungs {
  std::unique_ptr<Module> time_embedding;     ///< (timesteps [batch], added..., guidance if any) -> embedding
  std::vector<std::unique_ptr<Module>> down;  ///< (hidden, embedding, context) -> hidden, which is also the skip
  std::unique_ptr<Module> mid;                ///< (hidden, embedding, context) -> hidden
  std::vector<std::unique_ptr<Module>> up;    ///< (hidden, skip, embedding, context, next skip) -> hidden
  std::unique_ptr<Module> out;                ///< (hidden) -> model output

  /// Where the context stands among the inputs; it stays the same from step to step.
  static constexpr std::size_t kDownContext = 2, kUpContext = 3;
};

/// The UNet as a ladder of modules.
class UNetLadder final : public UNet {
 public:
  /// `latent_channels`: of the model output, which a UNet may have more of in its input (inpainting). Throws `Error`
  /// unless there are as many up rungs as down rungs, and `expected_rungs` of each.
  UNetLadder(UNetRungs rungs, int expected_rungs, int latent_channels);

  FullOutput full(const UNetInput& input, int branch) const override;
  FullOutputs full(const UNetInput& input, std::span<const int> branches) const override;
  at::Tensor shallow(const UNetInput& input, int branch, const at::Tensor& deep_feature) const override;
  void reread(const Conditioning& conditioning) const override;

  /// What `published_weights` and `patch_published` do (model/part_weights.h). No call may be under way.
  WeightSizes patchable_weights(const WeightNames& names) const { return published_weights(modules(), names); }
  std::vector<std::string> patch(const WeightNames& names, std::span<const NamedDelta> deltas) {
    return patch_published(modules(), names, deltas);
  }

 private:
  PartModules modules() const;
  at::Tensor embed_time(const UNetInput& input) const;
  std::vector<at::Tensor> descend(const UNetInput& input, const at::Tensor& embedding, int last_rung) const;
  at::Tensor ascend_rung(const UNetInput& input, const at::Tensor& embedding, const at::Tensor& hidden,
                         const std::vector<at::Tensor>& skips, int skip) const;
  at::Tensor run_out(const UNetInput& input, const at::Tensor& hidden) const;

  UNetRungs rungs_;
  std::int64_t latent_channels_;
};

}  // namespace deepcache_gen
