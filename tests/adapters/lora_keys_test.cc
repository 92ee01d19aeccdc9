#include "adapters/lora_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::FieldsAre;
using testing::Optional;

TEST(LoraKeys, AreTakenApartWhoeverWroteThem) {
  struct Case {
    const char *key, *module, *part;
  };
  for (const Case& each : {
           Case{"lora_unet_mid_block_resnets_0_conv1.lora_down.weight", "lora_unet_mid_block_resnets_0_conv1", "down"},
           Case{"lora_te_x.lora_up.weight", "lora_te_x", "up"},
           Case{"lora_te_x.lora_mid.weight", "lora_te_x", "mid"},
           Case{"lora_te_x.alpha", "lora_te_x", "alpha"},
           Case{"unet.mid_block.to_q.lora_A.weight", "unet.mid_block.to_q", "down"},
           Case{"unet.mid_block.to_q.lora_B.default_0.weight", "unet.mid_block.to_q", "up"},
           Case{"unet.mid_block.to_q.lora.up.weight", "unet.mid_block.to_q", "up"},
           Case{"unet.attn1.processor.to_q_lora.down.weight", "unet.attn1.processor.to_q", "down"},
           Case{"text_encoder.q_proj.lora_linear_layer.up.weight", "text_encoder.q_proj", "up"},
       }) {
    EXPECT_THAT(lora_key(each.key), Optional(FieldsAre(each.module, each.part))) << each.key;
  }
  for (const char* key : {"", ".alpha", "alpha", "x.weight", "x.lora_A.a.b.weight", "x.lora_A..weight", "x.lora_A.bias",
                          ".lora_down.weight", "x.lora_down.bias"}) {
    EXPECT_EQ(lora_key(key), std::nullopt) << key;
  }
}

TEST(LoraKeys, WhatIsNotComputedWithHasAName) {
  for (const auto& [key, form] :
       std::map<std::string, std::string>{{"x.dora_scale", "DoRA"},
                                          {"x.lora_magnitude_vector", "DoRA"},
                                          {"x.lora_magnitude_vector.default.weight", "DoRA"},
                                          {"x.oft_blocks", "OFT"},
                                          {"x.on_input", "IA3"},
                                          {"x.diff", "a full difference"},
                                          {"x.diff_b", "a difference of a bias"},
                                          {"x.w_norm", "a difference of a norm"},
                                          {"bundle_emb.tok.string_to_param.*", "an embedding inside of a LoRA"}}) {
    EXPECT_EQ(refused_form(key), form) << key;
  }
  for (const char* key : {"", ".", "x.lora_down.weight", "diffusion_model.x.lora_A.weight", "soft_x.alpha"}) {
    EXPECT_EQ(refused_form(key), std::nullopt) << key;
  }
}

TEST(LoraKeys, NameThePartThatALayerLiesIn) {
  EXPECT_THAT(layer_names("lora_unet_mid_block_x"), ElementsAre(FieldsAre("unet", "mid_block_x")));
  EXPECT_THAT(layer_names("base_model.model.unet.mid_block.x"), ElementsAre(FieldsAre("unet", "mid_block_x")));
  EXPECT_THAT(layer_names("lora_te1_x"), ElementsAre(FieldsAre("text_encoder", "x")));
  EXPECT_EQ(layer_names("text_encoder_2.encoder.x").front().role, "text_encoder_2");
  EXPECT_THAT(layer_names("mid_block.x"),
              ElementsAre(FieldsAre("unet", "mid_block_x"), FieldsAre("text_encoder", "mid_block_x")));
}

}  // namespace
}  // namespace deepcache_gen
