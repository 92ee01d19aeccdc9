#pragma once

#include <ATen/core/Tensor.h>

#include "pipeline/observer.h"

namespace deepcache_gen {

/// Works out how far every UNet call of a batch takes the latents and the deep feature.
class StepWatch {
 public:
  /// After a call: `latents` as they are now, `new_feature` as a full one kept it; undefined: it was a cached one. The
  /// first time, before any call, with the noise: returns nothing of use then.
  Movement look(const at::Tensor& latents, const at::Tensor& new_feature);

 private:
  at::Tensor latents_, deep_feature_;
};

}  // namespace deepcache_gen
