#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <vector>

namespace deepcache_gen {

/// Brownian motion over noise levels, in every element of one image's latents: what samplers draw from whose steps look
/// at overlapping intervals. It is found where it is asked for and remembered there, as float64: beyond the known
/// points it goes on by its own law, between two of them by that of the Brownian bridge. The same questions in the same
/// order give the same path for a generator's state.
class BrownianPath {
 public:
  /// `shape`: of the latents.
  explicit BrownianPath(std::vector<std::int64_t> shape) : shape_(std::move(shape)) {}

  /// What the path gains from `from` to `to`, float64, of variance |to - from|: W(to) - W(from). Draws from `generator`
  /// for each of the two that is not known; the first point of all is taken to be 0 and draws nothing.
  at::Tensor increment(double from, double to, at::Generator& generator);

 private:
  const at::Tensor& at_point(double point, at::Generator& generator);

  std::vector<std::int64_t> shape_;
  std::map<double, at::Tensor> known_;
};

}  // namespace deepcache_gen
