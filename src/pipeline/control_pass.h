#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <optional>
#include <vector>

#include "caching/cache_policy.h"
#include "model/control_net.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// What control nets add to the UNet calls of one pass of one batch, call by call, as diffusers' ControlNet pipelines
/// have it: residuals of several nets add up, each with its strength and in its part of the calls. It lives as long as
/// the pass's denoiser, so that nothing held leaks into the next.
class ControlPass {
 public:
  struct Net {
    std::shared_ptr<const ControlNet> net;
    at::Tensor picture;  ///< of each image, embedded (`ControlNet::embed`)
    ControlNetSettings settings;
  };

  /// `calls`: of the pass. `settings`: of any of the batch's images, which share what is looked at here.
  ControlPass(std::vector<Net> nets, int calls, const GenerationSettings& settings);

  /// What is added to the call of this number, from 0, which does what `choice` says; nothing where no net takes part.
  /// `input`: as the UNet's, of one half of the guidance or of both, the unconditional one first; `conditional`: what
  /// the half with the prompt is told, always in the same tensors.
  std::optional<UNetResiduals> residuals(int call, const Choice& choice, const UNetInput& input,
                                         const Conditioning& conditional);

 private:
  struct Working {
    Net net;
    at::Tensor both_pictures;           ///< for both halves; undefined until it is needed
    std::optional<UNetResiduals> held;  ///< of the last full call, for both halves where that ran both
  };

  UNetResiduals residuals_of(Working& working, const Choice& choice, const UNetInput& input,
                             const Conditioning& conditional);
  UNetResiduals run(Working& working, const Choice& choice, const UNetInput& input, const Conditioning& conditional);
  const at::Tensor& picture_for(Working& working, std::int64_t batch);
  bool guesses(const Net& net) const { return guess_ || net.net->info().pools; }

  std::vector<Working> nets_;
  const int calls_;
  const bool guess_;
  const ControlCache cache_;
};

}  // namespace deepcache_gen
