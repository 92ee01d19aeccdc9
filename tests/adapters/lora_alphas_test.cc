#include "adapters/lora_alphas.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

using Metadata = std::map<std::string, std::string>;

LoraAlphas alphas_of(const std::string& config) { return LoraAlphas(Metadata{{"lora_adapter_metadata", config}}); }

TEST(LoraAlphas, AreUnsetWhereNothingIsSaid) {
  EXPECT_EQ(LoraAlphas().scale("unet", "x", 4), std::nullopt);
  EXPECT_EQ(LoraAlphas(Metadata{{"format", "pt"}}).scale("unet", "x", 4), std::nullopt);
  EXPECT_EQ(alphas_of(R"({"unet.r": 4})").scale("unet", "x", 4), std::nullopt);
}

TEST(LoraAlphas, ArePerPartAndPerLayer) {
  const LoraAlphas alphas = alphas_of(R"({"unet.lora_alpha": 8, "unet.r": 4, "text_encoder.lora_alpha": 1,
      "unet.alpha_pattern": {"^mid": 16, "down.0.to_q": 2, "to_k": 32, "attn.to_k": 64}})");
  EXPECT_EQ(alphas.scale("unet", "x.to_v", 4), 2);
  EXPECT_EQ(alphas.scale("text_encoder", "x.to_v", 4), 0.25);
  EXPECT_EQ(alphas.scale("text_encoder_2", "x.to_v", 4), std::nullopt);
  EXPECT_EQ(alphas.scale("unet", "down.0.to_q", 2), 1);
  EXPECT_EQ(alphas.scale("unet", "x.down.0.to_q", 2), 1) << "the last words of a name";
  EXPECT_EQ(alphas.scale("unet", "xdown.0.to_q", 2), 4) << "words are whole";
  EXPECT_EQ(alphas.scale("unet", "mid", 4), 4);
  EXPECT_EQ(alphas.scale("unet", "x.mid", 4), 2) << "all of a name";
  EXPECT_EQ(alphas.scale("unet", "attn.to_k", 4), 16) << "the first of those that fit";
}

TEST(LoraAlphas, MayBeOfTheOnlyPart) {
  const LoraAlphas alphas = alphas_of(R"({"lora_alpha": 8, "alpha_pattern": {}, "use_dora": false})");
  EXPECT_EQ(alphas.scale("unet", "x", 4), 2);
}

// Rank-stabilised: alpha / sqrt(rank).
TEST(LoraAlphas, MayBeStabilised) {
  EXPECT_EQ(alphas_of(R"({"unet.lora_alpha": 8, "unet.use_rslora": true})").scale("unet", "x", 16), 2);
}

TEST(LoraAlphas, WhatIsNotReadIsRefused) {
  for (const auto& [config, said] :
       std::map<std::string, std::string>{{"{", "not valid JSON"},
                                          {"[]", "no JSON object"},
                                          {R"({"unet.lora_alpha": "8"})", "'unet.lora_alpha'"},
                                          {R"({"unet.lora_alpha": 1e999})", "JSON"},
                                          {R"({"unet.alpha_pattern": {"a.*": 1}})", "regular expression 'a.*'"},
                                          {R"({"unet.alpha_pattern": [1]})", "'unet.alpha_pattern'"},
                                          {R"({"unet.use_rslora": 1})", "true or false"},
                                          {R"({"unet.use_dora": true})", "DoRA"}}) {
    const std::string& text = config;
    EXPECT_THAT([&] { alphas_of(text); }, ThrowsMessage<Error>(HasSubstr(said))) << config;
  }
}

}  // namespace
}  // namespace deepcache_gen
