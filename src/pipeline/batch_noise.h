#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace deepcache_gen {

/// The noise of a batch of images. Every image draws from a CPU generator of its own, so that one seed starts the same
/// picture on every device and in Python, and an image is the same alone and in a batch.
class BatchNoise {
 public:
  /// `seeds`: one per image. `shape`: of one image's latents, [channels, height, width].
  BatchNoise(const std::vector<std::int64_t>& seeds, std::vector<std::int64_t> shape);

  /// Standard normal float32 on the CPU, [images, channels, height, width]; the next ones at every call.
  at::Tensor draw();

 private:
  std::vector<at::Generator> generators_;
  std::vector<std::int64_t> shape_;
};

}  // namespace deepcache_gen
