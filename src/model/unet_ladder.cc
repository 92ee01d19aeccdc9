#include "model/unet_ladder.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <string>
#include <utility>

#include "model/part_output.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

// What passes from rung to rung: an image for each image of the batch.
at::Tensor run_rung(const Module& rung, const std::string& name, const std::vector<at::Tensor>& inputs) {
  at::Tensor hidden = run_part(rung, name, inputs);
  require_sizes(hidden, name, {inputs.front().size(0), kAnySize, kAnySize, kAnySize});
  return hidden;
}

// A stranger's residual must not be broadcast: it would change the shape of what goes on, or the meaning.
at::Tensor with_residual(const at::Tensor& hidden, const at::Tensor& residual, const std::string& name) {
  require_sizes(residual, "the residual of " + name, hidden.sizes());
  return hidden + residual;
}

void add_residuals(std::vector<at::Tensor>& skips, const UNetResiduals* residuals) {
  for (std::size_t i = 0; residuals != nullptr && i < std::min(skips.size(), residuals->skips.size()); ++i) {
    skips[i] = with_residual(skips[i], residuals->skips[i], "skip " + std::to_string(i));
  }
}

at::Tensor with_mid_residual(const at::Tensor& hidden, const UNetResiduals* residuals) {
  const bool has_one = residuals != nullptr && residuals->mid.defined();
  return has_one ? with_residual(hidden, residuals->mid, "the UNet's mid") : hidden;
}

}  // namespace

UNetLadder::UNetLadder(UNetRungs rungs, int expected_rungs, int latent_channels)
    : rungs_(std::move(rungs)), latent_channels_(latent_channels) {
  const auto expected = static_cast<std::size_t>(expected_rungs);
  if (rungs_.down.size() != expected || rungs_.up.size() != expected) {
    throw Error("the UNet has " + std::to_string(rungs_.down.size()) + " down and " + std::to_string(rungs_.up.size()) +
                " up rungs, model.json says " + std::to_string(expected_rungs) + "; export the model again");
  }
}

UNetLadder::FullOutput UNetLadder::full(const UNetInput& input, int branch) const {
  FullOutputs outputs = full(input, std::span(&branch, 1));
  return {std::move(outputs.model_output), std::move(outputs.deep_features.front())};
}

UNetLadder::FullOutputs UNetLadder::full(const UNetInput& input, std::span<const int> branches) const {
  const int deepest = static_cast<int>(rungs_.down.size()) - 1;
  const at::Tensor embedding = embed_time(input);
  std::vector<at::Tensor> skips = descend(input, embedding, deepest);
  at::Tensor hidden = run_rung(*rungs_.mid, "the UNet's mid", {skips.back(), embedding, input.conditioning.context});
  add_residuals(skips, input.residuals);
  std::vector<at::Tensor> deep_features(branches.size());
  for (int skip = deepest; skip >= 0; --skip) {
    for (std::size_t i = 0; i < branches.size(); ++i) {
      if (skip == branches[i]) deep_features[i] = hidden;
    }
    // Not before: to what is kept of mid each call adds its own.
    if (skip == deepest) hidden = with_mid_residual(hidden, input.residuals);
    hidden = ascend_rung(input, embedding, hidden, skips, skip);
    skips.pop_back();
  }
  return {run_out(input, hidden), std::move(deep_features)};
}

at::Tensor UNetLadder::shallow(const UNetInput& input, int branch, const at::Tensor& deep_feature) const {
  const at::Tensor embedding = embed_time(input);
  std::vector<at::Tensor> skips = descend(input, embedding, branch);
  add_residuals(skips, input.residuals);
  const bool leaves_out_mid_alone = static_cast<std::size_t>(branch) + 1 == rungs_.down.size();
  at::Tensor hidden = leaves_out_mid_alone ? with_mid_residual(deep_feature, input.residuals) : deep_feature;
  for (int skip = branch; skip >= 0; --skip) hidden = ascend_rung(input, embedding, hidden, skips, skip);
  return run_out(input, hidden);
}

void UNetLadder::reread(const Conditioning& conditioning) const {
  for (const auto& [path, module] : modules()) module->reread_held(conditioning.context);
}

// By the paths of the exporter's container.
PartModules UNetLadder::modules() const {
  PartModules modules{
      {"time_embedding", rungs_.time_embedding.get()}, {"mid", rungs_.mid.get()}, {"out", rungs_.out.get()}};
  for (std::size_t i = 0; i < rungs_.down.size(); ++i) {
    modules.emplace_back("down." + std::to_string(i), rungs_.down[i].get());
    modules.emplace_back("up." + std::to_string(i), rungs_.up[i].get());
  }
  return modules;
}

at::Tensor UNetLadder::embed_time(const UNetInput& input) const {
  std::vector<at::Tensor> inputs{input.timesteps};
  inputs.insert(inputs.end(), input.conditioning.added.begin(), input.conditioning.added.end());
  if (input.guidance.defined()) inputs.push_back(input.guidance);
  return run_part(*rungs_.time_embedding, "the UNet's time_embedding", inputs);
}

std::vector<at::Tensor> UNetLadder::descend(const UNetInput& input, const at::Tensor& embedding, int last_rung) const {
  std::vector<at::Tensor> skips;
  at::Tensor hidden = input.latents;
  for (int rung = 0; rung <= last_rung; ++rung) {
    hidden = run_rung(*rungs_.down[static_cast<std::size_t>(rung)], "the UNet's down." + std::to_string(rung),
                      {hidden, embedding, input.conditioning.context});
    skips.push_back(hidden);
  }
  return skips;
}

at::Tensor UNetLadder::ascend_rung(const UNetInput& input, const at::Tensor& embedding, const at::Tensor& hidden,
                                   const std::vector<at::Tensor>& skips, int skip) const {
  const auto index = static_cast<std::size_t>(skip);
  const at::Tensor& next_skip = skips[index == 0 ? 0 : index - 1];  // an upsampler takes its output size from it
  const std::size_t rung = rungs_.up.size() - 1 - index;
  return run_rung(*rungs_.up[rung], "the UNet's up." + std::to_string(rung),
                  {hidden, skips[index], embedding, input.conditioning.context, next_skip});
}

at::Tensor UNetLadder::run_out(const UNetInput& input, const at::Tensor& hidden) const {
  at::Tensor output = run_part(*rungs_.out, "the UNet's out", {hidden});
  // One that is broadcast against the latents would make another picture.
  const at::Tensor& latents = input.latents;
  require_sizes(output, "the UNet's out", {latents.size(0), latent_channels_, latents.size(2), latents.size(3)});
  return output;
}

}  // namespace deepcache_gen
