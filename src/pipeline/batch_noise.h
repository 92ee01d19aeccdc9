#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

#include "pipeline/brownian_path.h"
#include "schedulers/noise_source.h"

namespace deepcache_gen {

/// The noise of a batch of images. Every image draws from a CPU generator of its own, so that one seed starts the same
/// picture on every device and in Python, and an image is the same alone and in a batch.
class BatchNoise final : public NoiseSource {
 public:
  /// `seeds`: one per image. `shape`: of one image's latents, [channels, height, width]. `device`: where the noise is
  /// wanted.
  BatchNoise(const std::vector<std::int64_t>& seeds, std::vector<std::int64_t> shape, c10::Device device = at::kCPU);

  /// Standard normal float32, [images, channels, height, width]; the next ones at every call.
  at::Tensor draw() override;
  at::Tensor between(double sigma_from, double sigma_to) override;

 private:
  std::vector<at::Generator> generators_;
  std::vector<BrownianPath> paths_;
  std::vector<std::int64_t> shape_;
  c10::Device device_;
};

}  // namespace deepcache_gen
