// That a recorder can wrap a UNet: everything that a call works on comes in as tensors, and nothing else decides it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <tuple>

#include "model/counting_rungs.h"

namespace deepcache_gen {
namespace {

using Tensors = std::vector<at::Tensor>;

// What a graph of a device is: the work is taken down once, on tensors that stay where they are, and played on new
// values put into them.
class FakeRecording {
 public:
  FakeRecording(const Tensors& inputs, std::function<Tensors(const Tensors&)> work) : work_(std::move(work)) {
    for (const at::Tensor& input : inputs) inputs_.push_back(input.clone());
  }

  Tensors play(const Tensors& inputs) {
    for (std::size_t i = 0; i < inputs.size(); ++i) inputs_[i].copy_(inputs[i]);
    return work_(inputs_);
  }

 private:
  Tensors inputs_;
  std::function<Tensors(const Tensors&)> work_;
};

template <class Call>
auto with_input(const Tensors& tensors, const Call& call) {
  const Conditioning conditioning{tensors[2], {}};
  return call(UNetInput{tensors[0], tensors[1], conditioning});
}

class RecordedUNet final : public UNet {
 public:
  explicit RecordedUNet(const UNet& unet) : unet_(unet) {}

  FullOutput full(const UNetInput& input, int branch) const override {
    const auto work = [&unet = unet_, branch](const Tensors& tensors) {
      const FullOutput output =
          with_input(tensors, [&](const UNetInput& static_input) { return unet.full(static_input, branch); });
      return Tensors{output.model_output, output.deep_feature};
    };
    const Tensors outputs = recording(0, branch, tensors_of(input), work).play(tensors_of(input));
    return {outputs[0], outputs[1]};
  }

  FullOutputs full(const UNetInput& input, std::span<const int> branches) const override {
    return unet_.full(input, branches);  // once for a model: not worth a recording
  }

  at::Tensor shallow(const UNetInput& input, int branch, const at::Tensor& deep_feature) const override {
    Tensors tensors = tensors_of(input);
    tensors.push_back(deep_feature);
    const auto work = [&unet = unet_, branch](const Tensors& all) {
      return Tensors{with_input(
          all, [&](const UNetInput& static_input) { return unet.shallow(static_input, branch, all.back()); })};
    };
    return recording(1, branch, tensors, work).play(tensors).front();
  }

  std::size_t recordings() const { return recordings_.size(); }

 private:
  using Key = std::tuple<int, int, std::vector<std::vector<std::int64_t>>>;

  static Tensors tensors_of(const UNetInput& input) {
    return {input.latents, input.timesteps, input.conditioning.context};
  }

  FakeRecording& recording(int kind, int branch, const Tensors& inputs,
                           const std::function<Tensors(const Tensors&)>& work) const {
    Key key{kind, branch, {}};
    for (const at::Tensor& input : inputs) std::get<2>(key).push_back(input.sizes().vec());
    return recordings_.try_emplace(key, inputs, work).first->second;
  }

  const UNet& unet_;
  mutable std::map<Key, FakeRecording> recordings_;
};

TEST(RecordedUNet, PlaysEveryKindOfCallAsTheUNetMakesIt) {
  Calls calls;
  const UNetLadder ladder(counting_rungs(calls, 3), 3, 1);
  const RecordedUNet recorded(ladder);
  for (int round = 0; round < 3; ++round) {
    for (const std::int64_t batch : {1, 2}) {
      const Conditioning conditioning{at::full({batch, 1, 1}, round), {}};
      const UNetInput input{at::full({batch, 1, 1, 1}, 10.0 * round), at::zeros({batch}), conditioning};
      const UNet::FullOutput expected = ladder.full(input, 1), played = recorded.full(input, 1);
      EXPECT_TRUE(at::equal(played.model_output, expected.model_output));
      EXPECT_TRUE(at::equal(played.deep_feature, expected.deep_feature));
      EXPECT_TRUE(at::equal(recorded.shallow(input, 1, played.deep_feature), expected.model_output));
    }
  }
  EXPECT_EQ(recorded.recordings(), 4u) << "full and cached of two batch sizes, each once";
}

}  // namespace
}  // namespace deepcache_gen
