#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <utility>
#include <vector>

namespace deepcache_gen {

/// Group normalisation (Wu and He, arXiv 1803.08494) of channels-last images, with what surrounds it in a resnet.
class GroupNorm {
 public:
  struct Options {
    std::int64_t groups;
    double epsilon;
    bool silu;  ///< apply SiLU to the result
  };
  /// `weight` and `bias`: [channels] or unset. Throws `Error` for less than one group.
  GroupNorm(const std::optional<at::Tensor>& weight, const std::optional<at::Tensor>& bias, Options options);

  /// `input`: [batch, channels, ...] in float32 or bfloat16, best [batch, channels, height, width]. `addend`: what is
  /// added before normalising, best [batch, channels, 1, 1], or undefined. Throws `Error` for another dtype, and where
  /// the channels do not divide into the groups or are not those of the weights.
  at::Tensor run(const at::Tensor& input, const at::Tensor& addend) const;

 private:
  void require_normalizable(const at::Tensor& input) const;
  template <typename Number>
  at::Tensor normalize(const at::Tensor& input, const at::Tensor& addend) const;
  // The mean and the standard deviation, epsilon included, of a group of channels.
  std::pair<double, double> group_moments(const double* mean, const double* variance, std::size_t count) const;

  Options options_;
  std::vector<float> weights_, biases_;  // empty where unset
};

}  // namespace deepcache_gen
