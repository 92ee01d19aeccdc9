#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <string>
#include <vector>

#include "model/unet_ladder.h"

namespace deepcache_gen {

/// What the rungs of a fake UNet did, in order: "down0", "mid", "up2<skip0" …
using Calls = std::vector<std::string>;

/// A module that writes its name down and returns the sum of its first `added` inputs plus `increment`.
class CountingModule : public Module {
 public:
  CountingModule(Calls& calls, std::string name, std::size_t added, double increment)
      : calls_(calls), name_(std::move(name)), added_(added), increment_(increment) {}

  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
    calls_.push_back(name_);
    at::Tensor sum = inputs.at(0) + increment_;
    for (std::size_t i = 1; i < added_; ++i) sum = sum + inputs.at(i);
    return {sum};
  }

 private:
  Calls& calls_;
  std::string name_;
  std::size_t added_;
  double increment_;
};

/// A fake UNet of `rungs` down and up rungs. Down rung i adds 1, mid adds 100, up rungs add their skip, out adds 0.
inline UNetRungs counting_rungs(Calls& calls, int rungs) {
  UNetRungs result;
  result.time_embedding = std::make_unique<CountingModule>(calls, "time", 1, 0);
  for (int i = 0; i < rungs; ++i) {
    result.down.push_back(std::make_unique<CountingModule>(calls, "down" + std::to_string(i), 1, 1));
    result.up.push_back(std::make_unique<CountingModule>(calls, "up" + std::to_string(i), 2, 0));
  }
  result.mid = std::make_unique<CountingModule>(calls, "mid", 1, 100);
  result.out = std::make_unique<CountingModule>(calls, "out", 1, 0);
  return result;
}

}  // namespace deepcache_gen
