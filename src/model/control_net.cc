#include "model/control_net.h"

#include <ATen/TensorOperators.h>

#include <utility>

#include "model/part_output.h"
#include "support/error.h"

namespace deepcache_gen {

ControlNet::ControlNet(std::string name, ControlRungs rungs, const ControlNetInfo& info)
    : name_(std::move(name)), rungs_(std::move(rungs)), info_(info) {
  const auto expected = static_cast<std::size_t>(info.rungs);
  if (rungs_.down.size() == expected && rungs_.residuals.size() == expected) return;
  throw Error(name_ + " has " + std::to_string(rungs_.down.size()) + " down rungs and " +
              std::to_string(rungs_.residuals.size()) + " residuals, model.json says " + std::to_string(info.rungs) +
              "; export it again");
}

at::Tensor ControlNet::run(const Module& module, const std::string& rung, const std::vector<at::Tensor>& inputs) const {
  const std::string name = name_ + "'s " + rung;
  at::Tensor output = run_part(module, name, inputs);
  require_sizes(output, name, {inputs.front().size(0), kAnySize, kAnySize, kAnySize});
  return output;
}

at::Tensor ControlNet::embed(const at::Tensor& pictures) const {
  return run(*rungs_.picture, "picture", {info_.is_bgr ? pictures.flip({1}) : pictures});
}

at::Tensor ControlNet::residual_of(const Module& module, const std::string& rung, const at::Tensor& hidden) const {
  const at::Tensor residual = run(module, rung, {hidden});
  return info_.pools ? residual.mean({2, 3}, true).expand_as(residual) : residual;
}

UNetResiduals ControlNet::full(const UNetInput& input, const at::Tensor& picture) const {
  return shallow(input, picture, info_.rungs - 1);
}

UNetResiduals ControlNet::shallow(const UNetInput& input, const at::Tensor& picture, int branch) const {
  const at::Tensor& context = input.conditioning.context;
  std::vector<at::Tensor> times{input.timesteps};
  times.insert(times.end(), input.conditioning.added.begin(), input.conditioning.added.end());
  const at::Tensor embedding = run_part(*rungs_.time_embedding, name_ + "'s time_embedding", times);
  // A UNet for inpainting reads further channels behind the latents.
  at::Tensor hidden = input.latents.narrow(1, 0, info_.in_channels);
  UNetResiduals residuals;
  for (int i = 0; i <= branch; ++i) {
    const auto index = static_cast<std::size_t>(i);
    hidden = run(*rungs_.down[index], "down." + std::to_string(i), {hidden, embedding, context});
    if (i == 0) {
      require_sizes(picture, name_ + "'s picture", hidden.sizes());
      hidden = hidden + picture;
    }
    residuals.skips.push_back(residual_of(*rungs_.residuals[index], "residuals." + std::to_string(i), hidden));
  }
  if (branch < info_.rungs - 1) return residuals;
  hidden = run(*rungs_.mid, "mid", {hidden, embedding, context});
  residuals.mid = residual_of(*rungs_.mid_residual, "mid_residual", hidden);
  return residuals;
}

}  // namespace deepcache_gen
