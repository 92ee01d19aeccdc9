#include "model/layered_text_encoder.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "model/returning_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class FunctionModule : public Module {
 public:
  using Function = std::function<at::Tensor(const at::Tensor&)>;
  explicit FunctionModule(Function function) : function_(std::move(function)) {}
  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
    return {function_(inputs.at(0))};
  }

 private:
  Function function_;
};

std::unique_ptr<Module> module_of(FunctionModule::Function function) {
  return std::make_unique<FunctionModule>(std::move(function));
}

// An encoder of one number a token: its id; positions add 1/2, layer i a factor of 10, the norm 1, the projection
// doubles it. It keeps what was run.
class LayeredTextEncoderTest : public testing::Test {
 protected:
  TextEncoderModules modules(int layers, bool projects) {
    TextEncoderModules made{
        .token_embedding = module_of([](const at::Tensor& ids) { return ids.unsqueeze(-1).to(at::kDouble); }),
        .positions = module_of([](const at::Tensor& vectors) { return vectors + 0.5; }),
        .layers = {},
        .final_norm = module_of([](const at::Tensor& hidden) { return hidden + 1; }),
        .projection = projects ? module_of([](const at::Tensor& pooled) { return pooled * 2; }) : nullptr};
    for (int i = 0; i < layers; ++i) {
      made.layers.push_back(module_of([this](const at::Tensor& hidden) {
        ++layers_run_;
        return hidden * 10;
      }));
    }
    return made;
  }

  TextEncoding encode(const TextEncoderInfo& info, std::optional<int> skip = {}) {
    const LayeredTextEncoder encoder("clip.pt", info, modules(3, info.projection_size > 0), c10::kCPU);
    return encoder.encode({{1, 9, 7}, {9, 3, 9}}, skip, {});
  }

  int layers_run_ = 0;
};

TextEncoderInfo encoder_of_three(int projection_size = 0) {
  return {.layers = 3, .hidden_size = 1, .projection_size = projection_size, .end_id = {}};
}

at::Tensor states(const std::vector<double>& values) { return at::tensor(values).view({2, 3, 1}); }

TEST_F(LayeredTextEncoderTest, ReadsTheLayerOfTheModelsDescription) {
  EXPECT_TRUE(at::equal(encode(encoder_of_three()).hidden, states({1501, 9501, 7501, 9501, 3501, 9501})));
  TextEncoderInfo info = encoder_of_three();
  info.skip = 2;
  info.final_norm = false;
  EXPECT_TRUE(at::equal(encode(info).hidden, states({150, 950, 750, 950, 350, 950})));
}

TEST_F(LayeredTextEncoderTest, ReadsAnotherLayerIfAsked) {
  EXPECT_TRUE(at::equal(encode(encoder_of_three(), 2).hidden, states({151, 951, 751, 951, 351, 951})));
  EXPECT_TRUE(at::equal(encode(encoder_of_three(), 3).hidden, states({16, 96, 76, 96, 36, 96})));
  TextEncoderInfo info = encoder_of_three();
  info.skip = 2;
  EXPECT_TRUE(at::equal(encode(info, 1).hidden, encode(encoder_of_three()).hidden));
}

TEST_F(LayeredTextEncoderTest, RunsOnlyTheLayersThatAreRead) {
  encode(encoder_of_three(), 3);
  EXPECT_EQ(layers_run_, 1);
  layers_run_ = 0;
  encode(encoder_of_three(1), 3);
  EXPECT_EQ(layers_run_, 3) << "text is pooled in the last one";
}

TEST_F(LayeredTextEncoderTest, PoolsTheLastLayerWhereThePromptEnds) {
  TextEncoderInfo info = encoder_of_three(1);
  EXPECT_TRUE(at::equal(encode(info).pooled, at::tensor({2 * 9501.0, 2 * 9501.0}).view({2, 1})));
  info.end_id = 7;
  EXPECT_TRUE(at::equal(encode(info, 2).pooled, at::tensor({2 * 7501.0, 2 * 9501.0}).view({2, 1})));
  EXPECT_EQ(encode(encoder_of_three()).pooled.sizes(), (std::vector<std::int64_t>{2, 0}));
}

TEST_F(LayeredTextEncoderTest, RefusesLayersThatAreNotThere) {
  for (const int skip : {0, 4, -1}) {
    EXPECT_THAT([&] { encode(encoder_of_three(), skip); },
                ThrowsMessage<UsageError>(HasSubstr("clip.pt has 3 layers; accepted are 1 (the last one) to 3")));
  }
  const auto made = [&] { LayeredTextEncoder("clip.pt", encoder_of_three(), modules(2, false), c10::kCPU); };
  EXPECT_THAT(made, ThrowsMessage<Error>(HasSubstr("clip.pt has 2 layers, model.json says 3")));
}

TEST_F(LayeredTextEncoderTest, RefusesOtherShapesThanModelJsonSays) {
  TextEncoderInfo info = encoder_of_three(5);
  EXPECT_THAT([&] { encode(info); }, ThrowsMessage<Error>(HasSubstr("clip.pt: projection returned a tensor of shape")));
  info.hidden_size = 2;
  EXPECT_THAT([&] { encode(info); }, ThrowsMessage<Error>(HasSubstr("clip.pt: token_embedding returned a tensor of")));
  TextEncoderModules broken = modules(3, false);
  broken.layers[1] = std::make_unique<ReturningModule>(std::vector{at::ones({2, 2, 1})});
  const LayeredTextEncoder encoder("clip.pt", encoder_of_three(), std::move(broken), c10::kCPU);
  EXPECT_THAT(
      [&] {
        encoder.encode({{1, 9, 7}, {9, 3, 9}}, {}, {});
      },
      ThrowsMessage<Error>(HasSubstr("clip.pt: layers.1 returned a tensor of shape [2, 2, 1]")));
}

TEST(EndOfPrompt, IsTheFirstEndIdOrTheFirstOfTheHighest) {
  EXPECT_EQ(end_of_prompt({5, 3, 9, 3, 9}, 3), 1u);
  EXPECT_EQ(end_of_prompt({5, 3, 9, 3, 9}, {}), 2u);
  EXPECT_EQ(end_of_prompt({5, 3, 9}, 4), 0u) << "as argmax has it";
}

TEST_F(LayeredTextEncoderTest, AddedVectorsStandInThePlaceOfTokenEmbeddings) {
  TextEncoderInfo info = encoder_of_three();
  info.final_norm = false;
  const LayeredTextEncoder encoder("clip.pt", info, modules(3, false), c10::kCPU);
  const AddedVectors added{at::tensor({4.f, 6.f}).view({2, 1})};
  const TextEncoding encoding = encoder.encode({{1, kFirstAddedId + 1, kFirstAddedId}}, {}, added);
  EXPECT_TRUE(at::equal(encoding.hidden.flatten(), at::tensor({1500.0, 6500.0, 4500.0})));
}

TEST(EndOfPrompt, AddedTokensAreTheHighestUnlessTheyAreOverlooked) {
  const std::vector<std::int64_t> ids{1, kFirstAddedId, 9, 9};
  EXPECT_EQ(end_of_prompt(ids, {}, true), 1u);
  EXPECT_EQ(end_of_prompt(ids, {}, false), 2u);
  EXPECT_EQ(end_of_prompt(ids, 9, true), 2u);
}

}  // namespace
}  // namespace deepcache_gen
