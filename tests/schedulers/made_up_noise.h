#pragma once

#include <functional>
#include <utility>

#include "schedulers/noise_source.h"

namespace deepcache_gen {

/// Noise from a function, counted.
class MadeUpNoise final : public NoiseSource {
 public:
  explicit MadeUpNoise(std::function<at::Tensor()> make) : make_(std::move(make)) {}

  at::Tensor draw() override {
    ++draws_;
    return make_();
  }
  at::Tensor between(double, double) override { return draw(); }

  int draws() const { return draws_; }

 private:
  std::function<at::Tensor()> make_;
  int draws_ = 0;
};

}  // namespace deepcache_gen
