#include "model/part_weights.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/layered_text_encoder.h"
#include "model/unet_ladder.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Pair;
using testing::ThrowsMessage;

// A module of weights that can be patched, which writes down what is done with them.
class PatchedModule : public Module {
 public:
  PatchedModule(std::string path, WeightSizes weights, std::vector<std::string>& patched)
      : path_(std::move(path)), weights_(std::move(weights)), patched_(patched) {}

  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override { return inputs; }
  WeightSizes patchable_weights() const override { return weights_; }
  std::vector<std::string> patch(std::span<const NamedDelta> deltas) override {
    for (const NamedDelta& delta : deltas) {
      patched_.push_back(path_ + (delta.delta ? " + " : " back to ") + delta.name);
    }
    return {};
  }

 private:
  std::string path_;
  WeightSizes weights_;
  std::vector<std::string>& patched_;
};

const WeightSizes kLinear{{"fc.weight", {2, 3}}};

class PartWeights : public testing::Test {
 protected:
  std::unique_ptr<Module> module(const std::string& path, const WeightSizes& weights = kLinear) {
    return std::make_unique<PatchedModule>(path, weights, patched_);
  }

  UNetRungs rungs() {
    UNetRungs rungs{.time_embedding = module("time"), .down = {}, .mid = module("mid"), .up = {}, .out = module("out")};
    for (int i = 0; i < 12; ++i) {
      rungs.down.push_back(module("down." + std::to_string(i)));
      rungs.up.push_back(module("up." + std::to_string(i)));
    }
    return rungs;
  }

  std::vector<std::string> patched_;
};

const at::Tensor kDelta = at::ones({2, 3});
const WeightNames kUNetNames{{{"down.1", "down_blocks.0.resnets.0"},
                              {"down.11", "down_blocks.3.resnets.1"},
                              {"up.0", "up_blocks.0.resnets.0"},
                              {"mid.block", "mid_block"},
                              {"out", "conv_out"}}};

TEST_F(PartWeights, OfALadderHaveTheNamesTheyArePublishedUnder) {
  const UNetLadder unet(rungs(), 12, 4);
  EXPECT_THAT(unet.patchable_weights(kUNetNames),
              ElementsAre(Pair("conv_out.fc.weight", ElementsAre(2, 3)), Key("down_blocks.0.resnets.0.fc.weight"),
                          Key("down_blocks.3.resnets.1.fc.weight"), Key("up_blocks.0.resnets.0.fc.weight")));
  EXPECT_THAT(unet.patchable_weights({}), IsEmpty());
}

TEST_F(PartWeights, ArePatchedInTheModuleThatHasThem) {
  UNetLadder unet(rungs(), 12, 4);
  const std::vector<NamedDelta> deltas{{"down_blocks.3.resnets.1.fc.weight", kDelta},
                                       {"down_blocks.0.resnets.0.fc.weight", kDelta},
                                       {"down_blocks.0.resnets.0.fc.weight", std::nullopt},
                                       {"down_blocks.0.resnets.0.fc.bias", kDelta},
                                       {"mid_block.fc.weight", kDelta},
                                       {"down.1.fc.weight", kDelta}};
  EXPECT_THAT(unet.patch(kUNetNames, deltas),
              ElementsAre("down_blocks.0.resnets.0.fc.bias", "mid_block.fc.weight", "down.1.fc.weight"));
  EXPECT_THAT(patched_,
              testing::UnorderedElementsAre("down.11 + fc.weight", "down.1 + fc.weight", "down.1 back to fc.weight"));
  EXPECT_LT(std::find(patched_.begin(), patched_.end(), "down.1 + fc.weight"),
            std::find(patched_.begin(), patched_.end(), "down.1 back to fc.weight"));
}

// Half a patch would be worse than none.
TEST_F(PartWeights, StayWhatTheyAreWhereOneDeltaDoesNotFit) {
  UNetLadder unet(rungs(), 12, 4);
  const std::vector<NamedDelta> deltas{{"conv_out.fc.weight", kDelta},
                                       {"up_blocks.0.resnets.0.fc.weight", at::ones({3, 2})}};
  EXPECT_THAT([&] { unet.patch(kUNetNames, deltas); },
              ThrowsMessage<Error>(HasSubstr("the weight 'up_blocks.0.resnets.0.fc.weight' is [2, 3]")));
  EXPECT_THAT(patched_, IsEmpty());
}

TEST_F(PartWeights, OfATextEncoderAreThoseOfItsLayers) {
  TextEncoderModules modules{.token_embedding = module("tokens", {}),
                             .positions = module("positions", {}),
                             .layers = {},
                             .final_norm = module("norm", {}),
                             .projection = module("projection", {{"weight", {2, 3}}})};
  for (int i = 0; i < 2; ++i) modules.layers.push_back(module("layers." + std::to_string(i)));
  const WeightNames names{{{"layers.0", "text_model.encoder.layers.0"},
                           {"layers.1", "text_model.encoder.layers.1"},
                           {"projection", "text_projection"}}};
  LayeredTextEncoder encoder("clip.pt", {.layers = 2, .projection_size = 2, .end_id = {}}, std::move(modules),
                             c10::kCPU);
  EXPECT_THAT(encoder.patchable_weights(names),
              ElementsAre(Key("text_model.encoder.layers.0.fc.weight"), Key("text_model.encoder.layers.1.fc.weight"),
                          Key("text_projection.weight")));
  const std::vector<NamedDelta> deltas{{"text_model.encoder.layers.1.fc.weight", kDelta}, {"text_model.x", kDelta}};
  EXPECT_THAT(encoder.patch(names, deltas), ElementsAre("text_model.x"));
  EXPECT_THAT(patched_, ElementsAre("layers.1 + fc.weight"));
}

}  // namespace
}  // namespace deepcache_gen
