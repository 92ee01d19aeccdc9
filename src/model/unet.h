#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <vector>

#include "model/conditioning.h"

namespace deepcache_gen {

/// What a control net adds (Zhang et al., arXiv 2302.05543): residual i to what is taken from skip i on the way up, and
/// one to what comes out of mid. On a cached call only those of the skips that it uses are looked at, and that of mid
/// where nothing but mid is left out.
struct UNetResiduals {
  std::vector<at::Tensor> skips;  ///< outermost first
  at::Tensor mid;                 ///< undefined: none
};

/// What one UNet call works on; all tensors on the UNet's device in its dtype.
struct UNetInput {
  at::Tensor latents;    ///< [batch, in_channels, height, width]
  at::Tensor timesteps;  ///< [batch], float32
  const Conditioning& conditioning;
  const UNetResiduals* residuals = nullptr;  ///< null: none
  at::Tensor guidance{};  ///< [batch], float32: guidance scale - 1, for a UNet that embeds it; undefined: it does not
};

/// A UNet whose inner rungs can be left out, as DeepCache does (Ma et al., arXiv 2312.00858, section 3.2). It keeps no
/// state between calls that a picture could depend on: the deep feature is handed out and in. So an implementation may
/// record what another does, for the kind of call, branch, shapes and dtype, and play that. What is returned for one
/// branch may therefore lie in memory that is used again: the model output until the next call of any kind, the deep
/// feature until the next full one. Who wants it longer copies it.
class UNet {
 public:
  virtual ~UNet() = default;

  struct FullOutput {
    at::Tensor model_output;  ///< [batch, channels of the latents, height, width]
    at::Tensor deep_feature;  ///< what entered the up rung of skip `branch`; of the deepest without mid's residual
  };
  /// Runs every rung. Throws `Error` naming the rung that returns anything but one image for each of the batch, at last
  /// in the size of the latents.
  virtual FullOutput full(const UNetInput& input, int branch) const = 0;

  struct FullOutputs {
    at::Tensor model_output;
    std::vector<at::Tensor> deep_features;  ///< of each branch
  };
  /// The same for several branches at once, to find out what each is good for; what is returned is the caller's own.
  virtual FullOutputs full(const UNetInput& input, std::span<const int> branches) const = 0;
  /// Runs down rungs 0..branch and the up rungs of skips branch..0 on the deep feature of an earlier full call. Throws
  /// as `full` does.
  virtual at::Tensor shallow(const UNetInput& input, int branch, const at::Tensor& deep_feature) const = 0;
  /// Says that the tensors of a conditioning which calls were made with have other numbers now. What is kept of them
  /// between calls, such as the keys and values of the text, is computed again, into the same memory.
  virtual void reread(const Conditioning&) const {}
};

}  // namespace deepcache_gen
