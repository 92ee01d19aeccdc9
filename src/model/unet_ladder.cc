#include "model/unet_ladder.h"

#include <string>

#include "support/error.h"

namespace deepcache_gen {

UNetLadder::UNetLadder(UNetRungs rungs, int expected_rungs) : rungs_(std::move(rungs)) {
  const auto expected = static_cast<std::size_t>(expected_rungs);
  if (rungs_.down.size() != expected || rungs_.up.size() != expected) {
    throw Error("the UNet has " + std::to_string(rungs_.down.size()) + " down and " + std::to_string(rungs_.up.size()) +
                " up rungs, model.json says " + std::to_string(expected_rungs) + "; export the model again");
  }
}

UNetLadder::FullOutput UNetLadder::full(const UNetInput& input, int branch) const {
  const int deepest = static_cast<int>(rungs_.down.size()) - 1;
  const at::Tensor embedding = embed_time(input);
  std::vector<at::Tensor> skips = descend(input, embedding, deepest);
  at::Tensor hidden = rungs_.mid->run({skips.back(), embedding, input.conditioning.context}).front();
  at::Tensor deep_feature;
  for (int skip = deepest; skip >= 0; --skip) {
    if (skip == branch) deep_feature = hidden;
    hidden = ascend_rung(input, embedding, hidden, skips, skip);
    skips.pop_back();
  }
  return {rungs_.out->run({hidden}).front(), deep_feature};
}

at::Tensor UNetLadder::shallow(const UNetInput& input, int branch, const at::Tensor& deep_feature) const {
  const at::Tensor embedding = embed_time(input);
  const std::vector<at::Tensor> skips = descend(input, embedding, branch);
  at::Tensor hidden = deep_feature;
  for (int skip = branch; skip >= 0; --skip) hidden = ascend_rung(input, embedding, hidden, skips, skip);
  return rungs_.out->run({hidden}).front();
}

at::Tensor UNetLadder::embed_time(const UNetInput& input) const {
  std::vector<at::Tensor> inputs{input.timesteps};
  inputs.insert(inputs.end(), input.conditioning.added.begin(), input.conditioning.added.end());
  return rungs_.time_embedding->run(inputs).front();
}

std::vector<at::Tensor> UNetLadder::descend(const UNetInput& input, const at::Tensor& embedding, int last_rung) const {
  std::vector<at::Tensor> skips;
  at::Tensor hidden = input.latents;
  for (int rung = 0; rung <= last_rung; ++rung) {
    hidden = rungs_.down[static_cast<std::size_t>(rung)]->run({hidden, embedding, input.conditioning.context}).front();
    skips.push_back(hidden);
  }
  return skips;
}

at::Tensor UNetLadder::ascend_rung(const UNetInput& input, const at::Tensor& embedding, const at::Tensor& hidden,
                                   const std::vector<at::Tensor>& skips, int skip) const {
  const auto index = static_cast<std::size_t>(skip);
  const at::Tensor& next_skip = skips[index == 0 ? 0 : index - 1];  // an upsampler takes its output size from it
  const Module& rung = *rungs_.up[rungs_.up.size() - 1 - index];
  return rung.run({hidden, skips[index], embedding, input.conditioning.context, next_skip}).front();
}

}  // namespace deepcache_gen
