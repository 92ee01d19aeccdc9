#include "model/model_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::Key;

FileInfo file(char digit) { return {.size = 3, .sha256 = std::string(64, digit)}; }

JsonObject clip(const std::string& folder) {
  return {{{"type", "clip"},
           {"vocabulary", folder + "/vocab.json"},
           {"merges", folder + "/merges.txt"},
           {"max_length", 77}},
          "tokenizer"};
}

const std::vector<std::string> kAllButVaeEncoder{kUNet, kVaeDecoder, "text_encoder", "text_encoder_2"};

ModelInfo two_encoders() {
  ModelInfo model{.name = "tiny"};
  model.parts = {{kUNet, {"unet.pt", {}}},
                 {kVaeDecoder, {"vae_decoder.pt", {}}},
                 {kVaeEncoder, {"vae_encoder.pt", {}}},
                 {"text_encoder", {"one.pt", {}}},
                 {"text_encoder_2", {"two.pt", {}}}};
  model.unets[kUNet] = {.rungs = 12};
  model.vae.scaling_factor = 0.5;
  model.text_encoders["text_encoder"] = {.layers = {}, .tokenizer = clip("tokenizer")};
  model.text_encoders["text_encoder_2"] = {.layers = {}, .tokenizer = clip("tokenizer_2")};
  model.scheduler = JsonObject({{"sampler", "ddim"}, {"sigma_schedule", "karras"}, {"beta_start", 0.25}}, "scheduler");
  model.files = {{"one.pt", file('1')},
                 {"two.pt", file('2')},
                 {"tokenizer/merges.txt", file('3')},
                 {"tokenizer/vocab.json", file('4')},
                 {"tokenizer_2/merges.txt", file('5')},
                 {"tokenizer_2/vocab.json", file('6')},
                 {"unet.pt", file('7')},
                 {"vae_decoder.pt", file('8')},
                 {"vae_encoder.pt", file('9')},
                 {"words.txt", file('a')}};
  return model;
}

TEST(ModelIdentity, HasEveryFileThatAPictureNeedsByWhatItIsFor) {
  const ModelIdentity identity = identity_of(two_encoders(), kAllButVaeEncoder);
  EXPECT_EQ(identity.name, "tiny");
  EXPECT_THAT(identity.parts, ElementsAre(Key("text_encoder"), Key("text_encoder_2"), Key("tokenizer_2_merges"),
                                          Key("tokenizer_2_vocabulary"), Key("tokenizer_merges"),
                                          Key("tokenizer_vocabulary"), Key("unet"), Key("vae_decoder")));
  EXPECT_EQ(identity.parts.at("tokenizer_2_vocabulary").sha256, std::string(64, '6'));
  EXPECT_EQ(identity.unet().sha256, std::string(64, '7'));
}

TEST(ModelIdentity, DoesNotChangeWithTheNamesOfFiles) {
  ModelInfo renamed = two_encoders();
  renamed.parts.at(kUNet).file = "ladder.pt";
  renamed.files["ladder.pt"] = renamed.files.at("unet.pt");
  renamed.text_encoders.at("text_encoder").tokenizer = clip("words");
  renamed.files["words/vocab.json"] = renamed.files.at("tokenizer/vocab.json");
  renamed.files["words/merges.txt"] = renamed.files.at("tokenizer/merges.txt");
  const ModelIdentity one = identity_of(two_encoders(), kAllButVaeEncoder),
                      other = identity_of(renamed, kAllButVaeEncoder);
  EXPECT_EQ(one.unet().sha256, other.unet().sha256);
  EXPECT_EQ(one.settings, other.settings);
  EXPECT_EQ(other.parts.at("tokenizer_merges").sha256, std::string(64, '3'));
}

TEST(ModelIdentity, HasWhatModelJsonSaysOfPictures) {
  EXPECT_EQ(identity_of(two_encoders(), kAllButVaeEncoder).settings, nlohmann::json::parse(R"({
      "zero_unset_negative_prompt": false, "scheduler": {"beta_start": 0.25}, "scaling_factor": 0.5,
      "latents_mean": [], "latents_std": [],
      "tokenizer": {"type": "clip", "max_length": 77}, "tokenizer_2": {"type": "clip", "max_length": 77}})"));
  ModelInfo other = two_encoders();
  other.vae.latents_mean = {1.5};
  EXPECT_NE(identity_of(other, kAllButVaeEncoder).settings, identity_of(two_encoders(), kAllButVaeEncoder).settings);
}

TEST(ModelIdentity, DoesNotChangeWithDefaults) {
  ModelInfo other = two_encoders();
  other.defaults.steps = 7;
  other.default_width = 512;
  other.scheduler =
      JsonObject({{"sampler", "euler"}, {"sigma_schedule", "discrete"}, {"beta_start", 0.25}}, "scheduler");
  EXPECT_EQ(identity_of(other, kAllButVaeEncoder).settings, identity_of(two_encoders(), kAllButVaeEncoder).settings);
}

TEST(ModelIdentity, HasWhichLayerIsReadWhereTheFileLeavesItOpen) {
  ModelInfo layered = two_encoders();
  TextEncoderInfo& second = layered.text_encoders.at("text_encoder_2");
  second.layers = 12;
  second.skip = 2;
  second.final_norm = false;
  second.end_id = 37;
  const nlohmann::json settings = identity_of(layered, kAllButVaeEncoder).settings;
  EXPECT_EQ(settings["text_encoder_2"], nlohmann::json::parse(R"({"skip": 2, "final_norm": false, "end_id": 37})"));
  EXPECT_FALSE(settings.contains("text_encoder"));
}

TEST(ModelIdentity, CoversThePartsThatATaskReads) {
  const ModelIdentity identity = identity_of(two_encoders(), {kUNet, kVaeEncoder});
  EXPECT_THAT(identity.parts, ElementsAre(Key("unet"), Key("vae_encoder")));
  EXPECT_FALSE(identity.settings.contains("tokenizer"));
  ModelInfo without = two_encoders();
  without.parts.erase(kVaeEncoder);
  EXPECT_THAT(
      [&] {
        identity_of(without, {kUNet, kVaeEncoder});
      },
      testing::ThrowsMessage<Error>(testing::HasSubstr("model tiny has no vae_encoder, which this needs")));
}

}  // namespace
}  // namespace deepcache_gen
