#include "pipeline/prompt_encoder.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/returning_module.h"
#include "model/whole_text_encoder.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class ThreeTokens : public Tokenizer {
 public:
  TokenizedPrompt tokenize(std::string_view) const override { return {{1, 2, 3}, 1, ""}; }
};

// An encoder of states of four numbers, in front of a UNet that takes `context_size` of them.
PromptEncoder::Encoded encode(int context_size, const at::Tensor& hidden) {
  const TextEncoderInfo info{.layers = {}, .hidden_size = 4, .end_id = {}};
  std::vector<PromptReader> readers;
  readers.push_back(
      {std::make_unique<ThreeTokens>(),
       std::make_unique<WholeTextEncoder>(
           "clip.pt", info, std::make_unique<ReturningModule>(std::vector{hidden, at::empty({1, 0})}), c10::kCPU)});
  const ModelInfo model{.family = "stable-diffusion", .unets = {{kUNet, {.context_size = context_size}}}};
  return PromptEncoder(model, std::move(readers)).encode(GenerationSettings{.guidance_scale = 7.5}, {});
}

TEST(PromptEncoder, GivesTheUNetTheStatesOfThePrompt) {
  const at::Tensor hidden = at::ones({1, 3, 4});
  EXPECT_TRUE(encode(4, hidden).prompt.context.is_same(hidden));
  EXPECT_TRUE(encode(4, hidden).unconditional);
}

TEST(PromptEncoder, RefusesStatesThatTheUNetDoesNotTake) {
  EXPECT_THAT(
      [] {
        encode(5, at::ones({1, 3, 4}));
      },
      ThrowsMessage<Error>(HasSubstr("give 4 numbers a token, context_size of the unet in model.json is 5")));
  EXPECT_THAT(
      [] {
        encode(5, at::ones({1, 3, 5}));
      },
      ThrowsMessage<Error>(HasSubstr("clip.pt: hidden returned a tensor of shape [1, 3, 5]")));
}

}  // namespace
}  // namespace deepcache_gen
