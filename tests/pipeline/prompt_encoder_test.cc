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

// Reads a piece for each letter, in chunks of four; its states are the ids.
class Letters : public Tokenizer {
 public:
  TokenizedPrompt tokenize(std::string_view, AddedTokens) const override { return {}; }
  std::vector<std::int64_t> pieces(std::string_view text) const override {
    std::vector<std::int64_t> ids;
    for (const char c : text) {
      if (c != ' ') ids.push_back(c - 'a' + 10);
    }
    return ids;
  }
  bool is_comma(std::int64_t) const override { return false; }
  const PromptFrame& frame() const override { return frame_; }

 private:
  PromptFrame frame_{JsonObject({{"max_length", 6}, {"bos_id", 1}, {"eos_id", 2}, {"pad_id", 2}}, "tokenizer"), 64};
};

class IdsAsStates : public TextEncoder {
 public:
  TextEncoding encode(const TokenIds& ids, std::optional<int>, const AddedVectors& added) const override {
    const at::Tensor all = token_tensor(ids, c10::kCPU).unsqueeze(-1);
    at::Tensor states = all.to(at::kFloat);
    for (std::int64_t i = 0; added.rows.defined() && i < added.rows.size(0); ++i) {
      states = at::where(all == kFirstAddedId + i, added.rows[i][0], states);
    }
    return {states, states.slice(1, 0, 2).reshape({1, 2})};
  }
};

class WeightedPromptEncoder : public testing::Test {
 protected:
  WeightedPromptEncoder() { settings_.prompt_style = PromptStyle::a1111; }

  EncodedPrompts encode() {
    return encoder_.encode(settings_, embeddings_, [&](const std::string& line) { warnings_.push_back(line); });
  }
  static std::vector<float> numbers(const at::Tensor& hidden) {
    const at::Tensor flat = hidden.flatten().contiguous();
    return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
  }

  GenerationSettings settings_;
  std::vector<Embedding> embeddings_;
  std::vector<std::string> warnings_;

 private:
  static PromptEncoder make() {
    std::vector<PromptReader> readers;
    readers.push_back({std::make_unique<Letters>(), std::make_unique<IdsAsStates>()});
    return PromptEncoder({.family = "stable-diffusion", .unets = {{kUNet, {.context_size = 1}}}}, std::move(readers));
  }
  PromptEncoder encoder_ = make();
};

TEST_F(WeightedPromptEncoder, PutsChunksBehindEachOtherAndPadsTheShorterPrompt) {
  settings_.prompt = "abcde";
  settings_.guidance_scale = 7;
  const EncodedPrompts encoded = encode();
  EXPECT_THAT(numbers(encoded.prompt[0].hidden), ElementsAre(1, 10, 11, 12, 13, 2, 1, 14, 2, 2, 2, 2));
  EXPECT_THAT(numbers(encoded.unconditional->at(0).hidden), ElementsAre(1, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2));
  EXPECT_THAT(numbers(encoded.prompt[0].pooled), ElementsAre(1, 10)) << "the first chunk's";
}

// Worked out by hand: the mean of 1 10 11 2 2 2 is 28/6, with 10 doubled 38/6.
TEST_F(WeightedPromptEncoder, MultipliesStatesAndRestoresTheirMean) {
  settings_.prompt = "(a:2)b <lora:c:1>";
  const TextEncoding encoding = encode().prompt[0];
  const double ratio = 28.0 / 38;
  const std::vector<double> expected{1, 20, 11, 2, 2, 2};
  const std::vector<float> found = numbers(encoding.hidden);
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found[i], expected[i] * ratio, 1e-5);
  EXPECT_THAT(numbers(encoding.pooled), ElementsAre(1, 10)) << "without weights";
}

// 1 - 5 - 2 + 2 + 2 + 2 is none.
TEST_F(WeightedPromptEncoder, StatesWithoutAMeanAreMultipliedAlone) {
  embeddings_.push_back({"x", {at::tensor({-5.f}).view({1, 1})}});
  embeddings_.push_back({"y", {at::tensor({-2.f}).view({1, 1})}});
  settings_.prompt = "x(y:2)";
  EXPECT_THAT(numbers(encode().prompt[0].hidden), ElementsAre(1, -5, -4, 2, 2, 2));
}

TEST_F(WeightedPromptEncoder, ReadsEmbeddings) {
  embeddings_.push_back({"xy", {at::tensor({100.f, 200.f}).view({2, 1})}});
  settings_.prompt = "axyb";
  EXPECT_THAT(numbers(encode().prompt[0].hidden), ElementsAre(1, 10, 100, 200, 11, 2));
}

TEST_F(WeightedPromptEncoder, SaysWhatMayNotBeMeant) {
  settings_.prompt = "(ab";
  encode();
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("the prompt: '(ab': the bracket is never closed")));
}

TEST_F(WeightedPromptEncoder, RefusesWeightsThatLeaveNoMean) {
  settings_.prompt = "(a:-0.9)";  // 1 + 10 * -0.9 + 4 * 2 = 0
  EXPECT_THAT([&] { encode(); }, ThrowsMessage<UsageError>(HasSubstr("cancel each other out")));
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
