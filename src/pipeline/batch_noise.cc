#include "pipeline/batch_noise.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>

namespace deepcache_gen {

BatchNoise::BatchNoise(const std::vector<std::int64_t>& seeds, std::vector<std::int64_t> shape)
    : shape_(std::move(shape)) {
  for (const std::int64_t seed : seeds) {
    generators_.push_back(at::detail::createCPUGenerator(static_cast<std::uint64_t>(seed)));
  }
}

at::Tensor BatchNoise::draw() {
  std::vector<at::Tensor> draws;
  for (at::Generator& generator : generators_) draws.push_back(at::randn(shape_, generator, at::kFloat));
  return at::stack(draws);
}

}  // namespace deepcache_gen
