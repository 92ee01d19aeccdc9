#include "pipeline/batch_noise.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>

#include <cmath>
#include <stdexcept>

#include "backend/to_device.h"

namespace deepcache_gen {

BatchNoise::BatchNoise(const std::vector<std::int64_t>& seeds, std::vector<std::int64_t> shape, c10::Device device)
    : paths_(seeds.size(), BrownianPath(shape)), shape_(std::move(shape)), device_(device) {
  for (const std::int64_t seed : seeds) {
    generators_.push_back(at::detail::createCPUGenerator(static_cast<std::uint64_t>(seed)));
  }
}

at::Tensor BatchNoise::draw() {
  std::vector<at::Tensor> draws;
  for (at::Generator& generator : generators_) draws.push_back(at::randn(shape_, generator, at::kFloat));
  return to_device(at::stack(draws), device_);
}

at::Tensor BatchNoise::between(double sigma_from, double sigma_to) {
  if (sigma_from == sigma_to) throw std::invalid_argument("there is no noise between a sigma and itself");
  std::vector<at::Tensor> increments;
  for (std::size_t i = 0; i < paths_.size(); ++i) {
    increments.push_back(paths_[i].increment(sigma_from, sigma_to, generators_[i]));
  }
  const at::Tensor noise = at::stack(increments) / std::sqrt(std::abs(sigma_to - sigma_from));
  return to_device(noise.to(at::kFloat), device_);
}

}  // namespace deepcache_gen
