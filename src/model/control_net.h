#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <vector>

#include "backend/module.h"
#include "model/model_parts.h"
#include "model/unet.h"

namespace deepcache_gen {

/// The modules of a control net, cut into rungs by the exporter. `down[0]` is conv_in.
struct ControlRungs {
  std::unique_ptr<Module> time_embedding;     ///< (timesteps [batch], added...) -> embedding
  std::unique_ptr<Module> picture;            ///< (pictures [batch, 3, H, W] in 0..1) -> what conv_in's is added to
  std::vector<std::unique_ptr<Module>> down;  ///< (hidden, embedding, context) -> hidden, as the UNet's
  std::unique_ptr<Module> mid;                ///< likewise
  std::vector<std::unique_ptr<Module>> residuals;  ///< (hidden behind that down rung) -> what is added to that skip
  std::unique_ptr<Module> mid_residual;            ///< the same of mid
};

/// A net that steers a UNet by a picture (Zhang et al., arXiv 2302.05543): a third ladder beside the UNet's two, whose
/// residual i depends on its rungs 0..i alone, so that a cached call of the UNet needs the outer ones only.
class ControlNet {
 public:
  /// `name`: what messages call it. Throws `Error` unless there are as many rungs and residuals as `info` says.
  ControlNet(std::string name, ControlRungs rungs, const ControlNetInfo& info);

  /// What the rungs read of pictures: [images, 3, height, width] in 0..1, RGB, of the size of what is made, on the
  /// net's device in its dtype. It is the same at every call. Throws `Error` where a part returns what it may not.
  at::Tensor embed(const at::Tensor& pictures) const;

  /// The residuals of all skips and of mid. `input`: as the UNet's, whose further channels are not looked at;
  /// `picture`: embedded, one for each of the batch. Throws as `embed` does.
  UNetResiduals full(const UNetInput& input, const at::Tensor& picture) const;
  /// Runs rungs 0..branch for the residuals of skips 0..branch, which is what a cached call of the UNet at `branch`
  /// adds: at the deepest branch that of mid, too.
  UNetResiduals shallow(const UNetInput& input, const at::Tensor& picture, int branch) const;

  const std::string& name() const { return name_; }
  const ControlNetInfo& info() const { return info_; }

 private:
  at::Tensor run(const Module& module, const std::string& rung, const std::vector<at::Tensor>& inputs) const;
  at::Tensor residual_of(const Module& module, const std::string& rung, const at::Tensor& hidden) const;

  std::string name_;
  ControlRungs rungs_;
  ControlNetInfo info_;
};

}  // namespace deepcache_gen
