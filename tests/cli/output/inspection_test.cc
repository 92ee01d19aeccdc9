#include "cli/output/inspection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/sha256.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::ContainsRegex;
using testing::HasSubstr;

class InspectTest : public testing::Test {
 protected:
  InspectTest() {
    write_text(folder_ / "model.json",
               R"({"name": "tiny", "defaults": {}, "scheduler": {"sampler": "ddim", "steps_offset": 1},
      "files": {"unet.pt": {"size": 5}, "vae.pt": {"size": 3}}})");
    write_text(folder_ / "unet.pt", "12345");
    write_text(folder_ / "vae.pt", "123");
    model_.files = {{"unet.pt", {5, sha256_of_file(folder_ / "unet.pt")}}, {"vae.pt", {3, std::string(64, '0')}}};
  }

  TemporaryFolder folder_;
  const JsonObject tokenizer_{{{"type", "clip"}}, "tokenizer"};
  ModelInfo model_{
      .folder = folder_.path(),
      .name = "tiny",
      .family = "stable_diffusion",
      .dtype = "float16",
      .default_width = 128,
      .default_height = 64,
      .parts = {{kUNet, {"unet.pt", {}}}, {kVaeDecoder, {"vae.pt", {}}}, {kTextEncoder, {"text_encoder.pt", {}}}},
      .unets = {{kUNet, {.rungs = 12, .in_channels = 4, .out_channels = 4, .context_size = 256}}},
      .text_encoders = {{kTextEncoder, {.hidden_size = 256, .max_length = 77, .tokenizer = tokenizer_}}},
      .latent_channels = 4,
      .vae_scale = 8,
      .vae = {.scaling_factor = 0.18215},
      .zero_unset_negative_prompt = false,
      .scheduler = JsonObject(nlohmann::json::object(), "scheduler"),
      .defaults = {20, 7.5, std::nullopt, 3, 0},
      .files = {},
  };
};

TEST_F(InspectTest, ComparesEveryChecksum) {
  EXPECT_EQ(compare_checksums(model_), (ChecksumResults{{"unet.pt", true}, {"vae.pt", false}}));
}

TEST_F(InspectTest, SaysWhatAVaeAloneIsFor) {
  model_.unets.clear();
  model_.text_encoders.clear();
  model_.parts = {{kVaeDecoder, {"vae.pt", {}}}, {kVaeEncoder, {"unet.pt", {}}}};
  model_.vae.is_tiny = true;
  const std::string text = inspection_text(model_, compare_checksums(model_));
  EXPECT_THAT(text,
              ContainsRegex("vae +vae.pt: 8 pixels per latent, scaling factor 0.18215, a tiny one \\(TAESD\\)\n"));
  EXPECT_THAT(text, ContainsRegex("made for +--vae, beside another model with 4 latent channels\n"));
}

TEST_F(InspectTest, DescribesTheModel) {
  const std::string text = inspection_text(model_, compare_checksums(model_));
  EXPECT_THAT(text, testing::StartsWith("tiny\n"));
  for (const char* line : {"family +stable_diffusion\n",
                           "unet +unet.pt: 12 rungs, so branches 0 to 11; 4 latent channels, context size 256\n",
                           "vae +vae.pt: 8 pixels per latent, scaling factor 0.18215, without its encoder\n",
                           "text encoder +text_encoder.pt: hidden size 256, last layer, up to 77 tokens \\(clip\\)\n",
                           "size +128x64\n", "caching +interval 3, branch 0\n", "sampler +ddim\n", "steps_offset +1\n",
                           "unet.pt +5 bytes, checksum ok\n", "vae.pt +3 bytes, checksum WRONG"}) {
    EXPECT_THAT(text, ContainsRegex(line));
  }
}

TEST_F(InspectTest, NamesTheLayerThatTheUNetReads) {
  for (const auto& [skip, said] : std::map<int, std::string>{{2, "penultimate layer"}, {3, "layer 3 from the last"}}) {
    model_.text_encoders.at(kTextEncoder).skip = skip;
    EXPECT_THAT(inspection_text(model_, compare_checksums(model_)), HasSubstr("hidden size 256, " + said));
  }
}

TEST_F(InspectTest, SaysWhatASmallModelKnows) {
  EXPECT_THAT(inspection_text(model_, compare_checksums(model_)), testing::Not(HasSubstr("only knows")));
  model_.known_words = {"landscapes", "words.txt"};
  EXPECT_THAT(inspection_text(model_, compare_checksums(model_)),
              ContainsRegex("only knows +landscapes \\(words: words.txt\\)\n"));
}

TEST_F(InspectTest, SaysNothingOfPicturesWhereTheFolderDoesNot) {
  write_text(folder_ / "model.json", R"({"name": "tiny"})");
  model_.parts = {{"controlnet", {"unet.pt", {}}}};
  model_.unets.clear();
  model_.text_encoders.clear();
  const std::string text = inspection_text(model_, compare_checksums(model_));
  EXPECT_THAT(text, ContainsRegex("size +128x64\n\nFiles"));
  EXPECT_THAT(text, testing::Not(HasSubstr("Scheduler")));
}

TEST_F(InspectTest, ShowsTextOfOthersSpelledOut) {
  const std::string evil = "x\x1b]0;t\x07\n  family  fake";
  write_text(folder_ / "model.json",
             nlohmann::json({{"name", evil}, {"scheduler", {{evil, evil}, {"list", {evil}}}}}).dump());
  model_.name = model_.family = evil;
  model_.files = {{evil, {1, ""}}};
  model_.known_words = {evil, evil};
  const ChecksumResults checksums{{evil, true}};
  const std::string text = inspection_text(model_, checksums);
  for (const char* forged : {"\x1b", "\x07", "\n  family  fake"}) EXPECT_THAT(text, testing::Not(HasSubstr(forged)));
  EXPECT_THAT(text, testing::StartsWith("x\\x1b]0;t\\x07\\n  family  fake\n  folder"));
  const std::string json = inspection_json(model_, checksums);
  for (const char* raw : {"\x1b", "\x07", "\n"}) EXPECT_THAT(json, testing::Not(HasSubstr(raw)));
  EXPECT_EQ(nlohmann::json::parse(json)["name"], evil);
}

TEST_F(InspectTest, AddsTheResultsToModelJson) {
  const nlohmann::json object = nlohmann::json::parse(inspection_json(model_, compare_checksums(model_)));
  EXPECT_EQ(object["name"], "tiny");
  EXPECT_EQ(object["folder"], folder_.path().string());
  EXPECT_EQ(object["files"]["unet.pt"], nlohmann::json::parse(R"({"size": 5, "checksum_ok": true})"));
  EXPECT_EQ(object["files"]["vae.pt"]["checksum_ok"], false);
}

TEST(FileInspection, HasARowForEachFact) {
  const std::string text = file_inspection_text({{"file", "a.safetensors"},
                                                 {"made_for", "--lora FILE"},
                                                 {"rank", {{"16", 3}, {"8", 1}}},
                                                 {"bytes", 17},
                                                 {"title", "x\x1b[2J\n  kind  y"}});
  EXPECT_THAT(text, testing::StartsWith("a.safetensors\n"));
  EXPECT_THAT(text, ContainsRegex("made for +--lora FILE\n"));
  EXPECT_THAT(text, ContainsRegex("rank +16 \\(3\\), 8 \\(1\\)\n"));
  EXPECT_THAT(text, ContainsRegex("bytes +17\n"));
  EXPECT_THAT(text, HasSubstr("x\\x1b[2J\\n  kind  y"));
}

}  // namespace
}  // namespace deepcache_gen
