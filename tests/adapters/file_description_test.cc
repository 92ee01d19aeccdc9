#include "adapters/file_description.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "adapters/header_file.h"
#include "support/error.h"
#include "support/sha256.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

class FileDescription : public testing::Test {
 protected:
  Facts described(const NamedSizes& tensors, const std::map<std::string, std::string>& metadata = {}) {
    write_text(path_, header_file(tensors, metadata));
    return describe_file(path_);
  }

  TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "some.safetensors";
};

const std::string kToK = "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k";

TEST_F(FileDescription, CountsTheLayersOfALora) {
  const Facts facts = described({{kToK + ".lora_down.weight", {"F16", {8, 2048}}},
                                 {kToK + ".lora_up.weight", {"F16", {320, 8}}},
                                 {kToK + ".alpha", {"F32", {}}},
                                 {"lora_unet_x_ff_net_2.lora_down.weight", {"F16", {4, 10}}},
                                 {"lora_unet_x_ff_net_2.lora_up.weight", {"F16", {10, 4}}},
                                 {"lora_unet_x_resnets_0_conv1.lora_down.weight", {"F16", {4, 10, 3, 3}}},
                                 {"lora_unet_x_resnets_0_conv1.lora_up.weight", {"F16", {10, 4, 1, 1}}},
                                 {"lora_te2_x_mlp_fc1.lora_down.weight", {"F16", {4, 10}}},
                                 {"lora_te2_x_mlp_fc1.lora_up.weight", {"F16", {10, 4}}}});
  EXPECT_EQ(facts["kind"], "LoRA");
  EXPECT_EQ(facts["family"], "SDXL");
  EXPECT_THAT(facts["made_for"], HasSubstr("--lora FILE"));
  EXPECT_EQ(facts["rank"], (Facts{{"4", 3}, {"8", 1}}));
  EXPECT_EQ(facts["alpha"], (Facts{{"0", 1}}));
  EXPECT_EQ(facts["layers"],
            (Facts{{"text_encoder_2", 1}, {"unet attention", 1}, {"unet convolutions", 1}, {"unet feed-forward", 1}}));
  EXPECT_EQ(facts["dtype"], (Facts{{"F16", 8}, {"F32", 1}}));
  EXPECT_EQ(facts["tensors"], 9);
  EXPECT_EQ(facts["parameters"], 8 * 2048 + 320 * 8 + 1 + 2 * 80 + 4 * 90 + 40);
  EXPECT_EQ(facts["bytes"], std::filesystem::file_size(path_));
  EXPECT_EQ(facts["sha256"], sha256_of_file(path_));
  EXPECT_EQ(facts["short_hash"], sha256_of_file(path_).substr(0, 10));
}

TEST_F(FileDescription, TakesAlphasFromTheMetadata) {
  const Facts facts = described(
      {{"unet.x.attn2.to_k.lora_A.weight", {"F32", {4, 768}}}, {"unet.x.attn2.to_k.lora_B.weight", {"F32", {9, 4}}}},
      {{"lora_adapter_metadata", R"({"unet.lora_alpha": 12, "unet.r": 4})"}});
  EXPECT_EQ(facts["family"], "SD 1.5");
  EXPECT_EQ(facts["alpha"], (Facts{{"12", 1}}));
}

TEST_F(FileDescription, SaysWhatIsNotComputedWith) {
  const Facts facts = described({{kToK + ".lora_down.weight", {"F16", {8, 768}}},
                                 {kToK + ".lora_up.weight", {"F16", {320, 8}}},
                                 {kToK + ".dora_scale", {"F16", {1, 768}}}});
  EXPECT_EQ(facts["kind"], "LoRA with DoRA");
  EXPECT_THAT(facts["made_for"], HasSubstr("DoRA is not computed with"));
}

TEST_F(FileDescription, KnowsLoHaAndLoKr) {
  const Facts loha = described({{kToK + ".hada_w1_a", {"F16", {320, 8}}}, {kToK + ".hada_w1_b", {"F16", {8, 768}}}});
  EXPECT_EQ(loha["kind"], "LoHa");
  EXPECT_EQ(loha["family"], "SD 1.5");
  EXPECT_EQ(loha["rank"], (Facts{{"8", 1}}));
  const Facts lokr = described({{kToK + ".lokr_w1", {"F16", {8, 8}}}, {kToK + ".lokr_w2_b", {"F16", {4, 96}}}});
  EXPECT_EQ(lokr["kind"], "LoKr");
  EXPECT_EQ(lokr["rank"], (Facts{{"4", 1}}));
  EXPECT_EQ(described({{"x.oft_blocks", {"F16", {1}}}})["kind"], "adapter with OFT");
}

TEST_F(FileDescription, KnowsCheckpoints) {
  const std::string unet = "model.diffusion_model.", to_k = "input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight";
  const auto whole = [&](std::int64_t channels, std::int64_t context) {
    return described({{unet + "input_blocks.0.0.weight", {"F16", {4, channels, 3, 3}}},
                      {unet + to_k, {"F16", {4, context}}},
                      {"first_stage_model.decoder.conv_in.weight", {"F16", {4, 4, 3, 3}}}});
  };
  EXPECT_EQ(whole(4, 768)["kind"], "checkpoint of a whole model");
  EXPECT_EQ(whole(9, 768)["kind"], "checkpoint of a whole model for inpainting");
  EXPECT_EQ(whole(4, 768)["family"], "SD 1.5");
  EXPECT_EQ(whole(4, 1024)["family"], "SD 2.1");
  EXPECT_EQ(whole(4, 2048)["family"], "SDXL");
  EXPECT_EQ(whole(4, 1280)["family"], "SDXL's refiner");
  EXPECT_FALSE(whole(4, 33).contains("family"));
  EXPECT_THAT(whole(4, 768)["made_for"], HasSubstr("deepcache-gen export FILE"));
}

TEST_F(FileDescription, KnowsPartsOfModels) {
  const std::string to_k = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_k.weight";
  const NamedSizes unet{{"conv_in.weight", {"F16", {4, 4, 3, 3}}},
                        {"time_embedding.linear_1.weight", {"F16", {4, 4}}},
                        {to_k, {"F16", {4, 768}}}};
  EXPECT_EQ(described(unet)["kind"], "UNet of a diffusers folder");
  EXPECT_EQ(described(unet)["family"], "SD 1.5");
  NamedSizes control = unet;
  control["controlnet_cond_embedding.conv_in.weight"] = {"F16", {4, 3, 3, 3}};
  EXPECT_EQ(described(control)["kind"], "ControlNet");
  EXPECT_EQ(described({{"control_model.input_blocks.0.0.weight", {"F16", {4, 4, 3, 3}}},
                       {"control_model.input_hint_block.0.weight", {"F16", {4, 3, 3, 3}}}})["kind"],
            "ControlNet");
  EXPECT_EQ(described({{"decoder.conv_in.weight", {"F16", {4, 16, 3, 3}}}})["kind"], "VAE with 16 latent channels");
  EXPECT_EQ(described({{"decoder.layers.0.weight", {"F16", {4, 4}}}})["kind"], "tiny VAE (TAESD)");
  EXPECT_EQ(described({{"text_model.embeddings.token_embedding.weight", {"F16", {9, 1024}}}})["kind"],
            "text encoder with 1024 numbers a token");
  EXPECT_EQ(described({{"double_blocks.0.x", {"F16", {4}}}})["kind"], "diffusion transformer");
  EXPECT_EQ(described({{"x", {"F16", {2, 2, 2}}}})["kind"], "safetensors file of an unknown kind");
  EXPECT_EQ(described({})["kind"], "safetensors file of an unknown kind");
}

TEST_F(FileDescription, KnowsEmbeddings) {
  const Facts facts = described({{"emb_params", {"F32", {3, 1024}}}});
  EXPECT_THAT(facts["kind"], HasSubstr("embedding"));
  EXPECT_EQ(facts["family"], "SD 2.1");
  EXPECT_EQ(facts["vectors"], 3);
  EXPECT_EQ(facts["width"], 1024);
  const Facts pair = described({{"clip_l", {"F16", {2, 768}}}, {"clip_g", {"F16", {2, 1280}}}});
  EXPECT_EQ(pair["family"], "SDXL");
  EXPECT_EQ(pair["width_clip_l"], 768);
  EXPECT_EQ(pair["width_clip_g"], 1280);
}

TEST_F(FileDescription, SaysWhatItsMakerSays) {
  const NamedSizes lora{{kToK + ".lora_down.weight", {"F16", {8, 768}}}, {kToK + ".lora_up.weight", {"F16", {4, 8}}}};
  const Facts facts = described(
      lora, {{"modelspec.title", "Snow"},
             {"ss_output_name", "snow-000010"},
             {"modelspec.author", "somebody"},
             {"modelspec.trigger_phrase", "in winter"},
             {"ss_base_model_version", "sd_v1"},
             {"ss_sd_model_name", "None"},
             {"sshs_model_hash", "abc"},
             {"ss_tag_frequency", R"({"10_a": {"snow": 3, "tree": 1, "x": -1}, "5_b": {"tree": 4}, "c": 7})"}});
  EXPECT_EQ(facts["title"], "Snow");
  EXPECT_EQ(facts["author"], "somebody");
  EXPECT_EQ(facts["trigger_phrase"], "in winter");
  EXPECT_EQ(facts["base_model"], "sd_v1");
  EXPECT_FALSE(facts.contains("trained_on"));
  EXPECT_EQ(facts["model_hash"], "abc");
  EXPECT_EQ(facts["trigger_words"].dump(), R"({"tree":5,"snow":3})");
}

TEST_F(FileDescription, BoundsWhatItsMakerSays) {
  nlohmann::json tags;
  for (int i = 0; i < 50; ++i) tags["a"][std::string(1000, 'x') + std::to_string(i)] = i;
  const Facts facts =
      described({}, {{"modelspec.title", std::string(100'000, 'y') + "\n"}, {"ss_tag_frequency", tags.dump()}});
  EXPECT_EQ(facts["trigger_words"].size(), 1u) << "all are alike at their beginning";
  EXPECT_LT(facts.dump().size(), 2000u);
  for (const char* malformed : {"", "{", "[]", "7", R"({"a": [1]})", R"({"a": {"b": {}}})"}) {
    EXPECT_FALSE(described({}, {{"ss_tag_frequency", malformed}}).contains("trigger_words")) << malformed;
  }
}

TEST_F(FileDescription, RefusesWhatItCanNotRead) {
  write_text(folder_ / "model.ckpt", std::string("PK\3\4", 4) + std::string(100, 'x'));
  write_text(folder_ / "old.ckpt", "\x80\2}q\1.");
  write_text(folder_ / "text.safetensors", "hello, this is some text");
  ASSERT_EQ(mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  const std::map<std::string, std::string> said{
      {"model.ckpt", "is a pickle"},  {"old.ckpt", "is a pickle"},    {"text.safetensors", "is no safetensors file"},
      {"pipe", "is no regular file"}, {"none", "is no regular file"}, {"", "is no regular file"}};
  for (const auto& [name, problem] : said) {
    const std::filesystem::path file = folder_ / name;
    EXPECT_THAT([&] { describe_file(file); },
                ThrowsMessage<Error>(AllOf(HasSubstr(file.string()), HasSubstr(problem), Not(HasSubstr("\n")))));
  }
}

}  // namespace
}  // namespace deepcache_gen
