#pragma once

#include <ATen/core/Tensor.h>

#include "pipeline/observer.h"

namespace deepcache_gen {

/// Works out how far every UNet call of a batch takes the latents and the deep feature.
class StepWatch {
 public:
  /// After a call: `latents` as they are now, `deep_feature` as it is kept now. The first time, before any call, with
  /// the noise and an undefined feature: returns nothing of use then.
  Movement look(const at::Tensor& latents, const at::Tensor& deep_feature);

 private:
  at::Tensor latents_, deep_feature_;
};

}  // namespace deepcache_gen
