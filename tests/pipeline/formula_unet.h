#pragma once

#include <ATen/ATen.h>

#include <map>
#include <span>
#include <utility>
#include <vector>

#include "model/unet.h"

namespace deepcache_gen {

/// A UNet that is a formula in which all its inputs stand; on any device, in any dtype. The deep feature is as large as
/// the latents.
class FormulaUNet final : public UNet {
 public:
  FullOutput full(const UNetInput& input, int branch) const override {
    const at::Tensor deep = deep_feature(input, branch);
    return {shallow(input, branch, deep), deep};
  }

  FullOutputs full(const UNetInput& input, std::span<const int> branches) const override {
    FullOutputs outputs{shallow(input, branches.front(), deep_feature(input, branches.front())), {}};
    for (const int branch : branches) outputs.deep_features.push_back(deep_feature(input, branch));
    return outputs;
  }

  at::Tensor shallow(const UNetInput& input, int branch, const at::Tensor& deep_feature) const override {
    return at::sin(deep_feature * (branch + 2) + input.latents);
  }

 private:
  static at::Tensor column(const at::Tensor& numbers, const UNetInput& input) {
    return numbers.view({-1, 1, 1, 1}).to(input.latents.scalar_type());
  }

  static at::Tensor deep_feature(const UNetInput& input, int branch) {
    at::Tensor sum = input.latents + column(input.conditioning.context, input) + column(input.timesteps, input) / 1000;
    if (input.guidance.defined()) sum = sum + column(input.guidance, input);
    return at::tanh(sum) + branch;
  }
};

/// What another UNet returns, in memory that is used again as soon as a UNet may (see `UNet`): until then it is not a
/// number.
class OverwritingUNet final : public UNet {
 public:
  explicit OverwritingUNet(const UNet& unet) : unet_(unet) {}

  FullOutput full(const UNetInput& input, int branch) const override {
    spoil(outputs_);
    spoil(deep_features_);
    const FullOutput output = unet_.full(input, branch);
    return {placed(output.model_output, outputs_), placed(output.deep_feature, deep_features_)};
  }

  FullOutputs full(const UNetInput& input, std::span<const int> branches) const override {
    return unet_.full(input, branches);
  }

  at::Tensor shallow(const UNetInput& input, int branch, const at::Tensor& deep_feature) const override {
    spoil(outputs_);
    return placed(unet_.shallow(input, branch, deep_feature), outputs_);
  }

 private:
  using Memory = std::map<std::vector<std::int64_t>, at::Tensor>;  // by sizes

  static void spoil(Memory& memory) {
    for (auto& [sizes, tensor] : memory) tensor.fill_(NAN);
  }

  static at::Tensor placed(const at::Tensor& output, Memory& memory) {
    const auto [place, is_new] = memory.try_emplace(output.sizes().vec(), at::empty_like(output));
    return place->second.copy_(output);
  }

  const UNet& unet_;
  mutable Memory outputs_, deep_features_;
};

}  // namespace deepcache_gen
