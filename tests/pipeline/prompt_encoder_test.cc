#include "pipeline/prompt_encoder.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/returning_module.h"
#include "model/whole_text_encoder.h"
#include "support/error.h"
#include "text/prompt_frame.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

// Of three ids a prompt.
class ThreeIds : public Tokenizer {
 public:
  std::vector<std::int64_t> pieces(std::string_view) const override { return {2}; }
  bool is_comma(std::int64_t) const override { return false; }
  const PromptFrame& frame() const override { return frame_; }

 private:
  PromptFrame frame_{JsonObject({{"max_length", 3}, {"bos_id", 1}, {"eos_id", 3}, {"pad_id", 3}}, "tokenizer"), 4};
};

class ThreeTokens : public ThreeIds {
 public:
  TokenizedPrompt tokenize(std::string_view, AddedTokens) const override { return {{1, 2, 3}, 1, ""}; }
};

// An encoder of states of four numbers, in front of a UNet that takes `context_size` of them.
PromptEncoder encoder(int context_size, const at::Tensor& hidden) {
  const TextEncoderInfo info{.layers = {}, .hidden_size = 4, .end_id = {}};
  std::vector<PromptReader> readers;
  readers.push_back(
      {std::make_unique<ThreeTokens>(),
       std::make_unique<WholeTextEncoder>(
           "clip.pt", info, std::make_unique<ReturningModule>(std::vector{hidden, at::empty({1, 0})}), c10::kCPU)});
  const ModelInfo model{.family = "stable-diffusion", .unets = {{kUNet, {.context_size = context_size}}}};
  return PromptEncoder(model, std::move(readers));
}

ImageConditioning encode(int context_size, const at::Tensor& hidden) {
  const PromptEncoder whole = encoder(context_size, hidden);
  return whole.arrange(whole.encode(GenerationSettings{.guidance_scale = 7.5}, {}, {}), {}, 64, 32);
}

// What a tokenizer is given. It cuts off every text but an empty one.
struct Heard {
  std::vector<std::string> texts;
};

class HearingTokenizer : public ThreeIds {
 public:
  explicit HearingTokenizer(Heard& heard) : heard_(heard) {}
  TokenizedPrompt tokenize(std::string_view text, AddedTokens) const override {
    heard_.texts.emplace_back(text);
    return {{1, 2, 3}, 9, text.empty() ? "" : "the rest"};
  }

 private:
  Heard& heard_;
};

class SameEncoder : public TextEncoder {
 public:
  explicit SameEncoder(at::Tensor pooled) : pooled_(std::move(pooled)) {}
  TextEncoding encode(const TokenIds&, std::optional<int>, const AddedVectors&) const override {
    return {at::ones({1, 3, 2}), pooled_};
  }

 private:
  at::Tensor pooled_;
};

// SDXL, or its refiner, whose encoders are heard.
class PromptEncoderOfXl : public testing::Test {
 protected:
  PromptEncoder xl(bool zeroes) const { return make("stable-diffusion-xl", 4, zeroes, {&first_, &second_}); }
  PromptEncoder refiner() const { return make("stable-diffusion-xl-refiner", 2, false, {&second_}); }

  EncodedPrompts encode(const PromptEncoder& encoder, GenerationSettings settings) {
    settings.guidance_scale = 7.5;
    return encoder.encode(settings, {}, [&](const std::string& warning) { warnings_.push_back(warning); });
  }

  mutable Heard first_, second_;
  std::vector<std::string> warnings_;

 private:
  PromptEncoder make(const std::string& family, int context_size, bool zeroes, std::vector<Heard*> ears) const {
    std::vector<PromptReader> readers;
    for (Heard* ear : ears) {
      readers.push_back({std::make_unique<HearingTokenizer>(*ear), std::make_unique<SameEncoder>(at::ones({1, 5}))});
    }
    const ModelInfo model{
        .family = family, .unets = {{kUNet, {.context_size = context_size}}}, .zero_unset_negative_prompt = zeroes};
    return PromptEncoder(model, std::move(readers));
  }
};

TEST_F(PromptEncoderOfXl, GivesBothEncodersThePrompts) {
  encode(xl(true), {.prompt = "a", .negative_prompt = "b"});
  EXPECT_THAT(first_.texts, ElementsAre("a", "b"));
  EXPECT_THAT(second_.texts, ElementsAre("a", "b"));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("the prompt has 9 tokens"), HasSubstr("the negative prompt has 9")));
}

TEST_F(PromptEncoderOfXl, GivesTheSecondEncoderTextsOfItsOwn) {
  encode(xl(true), {.prompt = "a", .negative_prompt = "", .prompt_2 = "c", .negative_prompt_2 = "d"});
  EXPECT_THAT(first_.texts, ElementsAre("a", ""));
  EXPECT_THAT(second_.texts, ElementsAre("c", "d"));
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("the prompt has"), HasSubstr("the prompt of the second encoder has"),
                                     HasSubstr("the negative prompt of the second encoder has")));
}

// diffusers' encode_prompt looks at the first negative prompt alone.
TEST_F(PromptEncoderOfXl, ASecondNegativePromptAloneHasNoEffectWhereNoneIsZeros) {
  const EncodedPrompts zeroed = encode(xl(true), {.prompt = "", .negative_prompt_2 = "d"});
  EXPECT_EQ(zeroed.unconditional->at(1).hidden.abs().sum().item<float>(), 0);
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("--negative-prompt-2 has no effect without --negative-prompt")));
  encode(xl(false), {.prompt = "", .negative_prompt_2 = "d"});
  EXPECT_THAT(second_.texts, ElementsAre("", "", "d"));
}

// There the prompts are paired with the encoders that there are.
TEST_F(PromptEncoderOfXl, TheRefinerReadsTheFirstPrompts) {
  encode(refiner(), {.prompt = "a", .negative_prompt = "b", .prompt_2 = "c", .negative_prompt_2 = "d"});
  EXPECT_THAT(second_.texts, ElementsAre("a", "b"));
}

TEST_F(PromptEncoderOfXl, APassIsToldItsOwnSizesUnlessOthersAreClaimed) {
  const PromptEncoder encoder = xl(true);
  const EncodedPrompts prompts = encode(encoder, {.prompt = ""});
  const auto told = [&](const SizeClaims& claims, int width, int height) {
    const ImageConditioning image = encoder.arrange(prompts, claims, width, height);
    EXPECT_TRUE(at::equal(image.prompt.added.at(1), image.unconditional->added.at(1)));
    const at::Tensor ids = image.prompt.added.at(1).to(at::kFloat).contiguous();
    return std::vector<float>(ids.data_ptr<float>(), ids.data_ptr<float>() + ids.numel());
  };
  EXPECT_THAT(told({}, 64, 32), ElementsAre(32, 64, 0, 0, 32, 64));
  EXPECT_THAT(told({}, 128, 96), ElementsAre(96, 128, 0, 0, 96, 128));
  const SizeClaims claims{.crop_top = 5, .crop_left = 6, .original_height = 7, .target_width = 8};
  EXPECT_THAT(told(claims, 64, 32), ElementsAre(7, 64, 5, 6, 32, 8));
  EXPECT_EQ(first_.texts.size(), 1u) << "the text is encoded once";
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
