#include "pipeline/picture_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

GenerationSettings some_settings() {
  GenerationSettings settings;
  settings.prompt = "a boat";
  settings.width = 512;
  settings.height = 768;
  settings.steps = 20;
  settings.guidance_scale = 7.5;
  settings.scheduler.sampler = "ddim";
  settings.scheduler.sigma_schedule = "discrete";
  settings.cache = uniform_caching(3, 1);
  return settings;
}

// A setting is worth nothing if it can't be given, or if two can't be told apart.
TEST(PictureSettings, EveryRowIsWholeAndItsNamesAreItsOwn) {
  std::set<std::string> names, keys, infotexts, labels;
  for (const PictureSetting& row : picture_settings()) {
    if (!row.names.empty()) {
      EXPECT_TRUE(names.insert(row.names).second) << row.names;
      EXPECT_TRUE(row.read) << row.names;
      EXPECT_FALSE(row.help.empty() || row.topic.empty()) << row.names;
    }
    EXPECT_EQ(row.key.empty(), !row.value) << row.names << " is in records by its key";
    EXPECT_TRUE(row.key.empty() || keys.insert(row.key).second) << row.key;
    EXPECT_TRUE(row.label.empty() || labels.insert(row.label).second) << row.label;
    // AUTOMATIC1111 calls both so; a picture has one of them.
    if (row.key == "hires_strength") continue;
    EXPECT_TRUE(row.infotext.empty() || infotexts.insert(row.infotext).second) << row.infotext;
  }
}

TEST(PictureSettings, RecordsSayWhatOldOnesSaidInTheirOrder) {
  EXPECT_EQ(settings_record(some_settings(), 9).dump(),
            R"({"prompt":"a boat","negative_prompt":null,"seed":9,"width":512,"height":768,"steps":20,)"
            R"("guidance_scale":7.5,"sampler":"ddim","scheduler":"discrete","interval":3,"branch":1})");
  EXPECT_FALSE(uncached_settings_record(some_settings(), 9).contains("interval"));
}

TEST(PictureSettings, ASettingThatCameLaterIsSaidWhereItMatters) {
  GenerationSettings settings = some_settings();
  EXPECT_FALSE(identity_record(settings, 0).contains("guidance_rescale"));
  settings.guidance_rescale = 0.75;
  EXPECT_EQ(identity_record(settings, 0)["guidance_rescale"], 0.75);
  EXPECT_EQ(settings_phrase(settings), "512x768, 20 steps of ddim (discrete), guidance 7.5, guidance rescale 0.75");
}

TEST(PictureSettings, WhatSdxlIsToldIsSaidWhereItIsNotThePicturesOwn) {
  GenerationSettings settings = some_settings();
  settings.prompt_2 = "a barn";
  settings.size_claims = {.crop_top = 8, .original_width = 64};
  const Json record = identity_record(settings, 0);
  EXPECT_EQ(record["prompt_2"], "a barn");
  EXPECT_EQ(record["crop_top"], 8);
  EXPECT_EQ(record["original_width"], 64);
  for (const char* name : {"negative_prompt_2", "crop_left", "original_height", "target_width", "target_height"}) {
    EXPECT_FALSE(record.contains(name)) << name;
  }
  EXPECT_TRUE(can_share_batch(settings, some_settings())) << "each image is told its own";
}

TEST(PictureSettings, EmbeddingsCountByWhatIsInTheirFiles) {
  GenerationSettings settings = some_settings();
  EXPECT_FALSE(identity_record(settings, 0).contains("embedding_sha256"));
  settings.embeddings = {{"mystyle", "e/mystyle.pt", std::string(64, 'a')}, {"other", "x.bin", std::string(64, 'b')}};
  const Json record = settings_record(settings, 0);
  EXPECT_EQ(record["embedding"], Json::parse(R"(["e/mystyle.pt:mystyle", "x.bin:other"])"));
  EXPECT_EQ(record["embedding_sha256"]["other"], std::string(64, 'b'));
  for (const PictureSetting& row : picture_settings()) {
    EXPECT_FALSE(row.key == "embedding" && row.is_compared);
    if (row.key == "embedding_sha256") {
      EXPECT_EQ(row.infotext_value(settings), "mystyle: aaaaaaaaaaaa, other: bbbbbbbbbbbb");
    }
  }
  EXPECT_TRUE(can_share_batch(settings, some_settings())) << "each image has its own states";
}

TEST(PictureSettings, ClipSkipIsSaidWhereItIsNotTheModels) {
  GenerationSettings settings = some_settings();
  EXPECT_FALSE(settings_record(settings, 0).contains("clip_skip"));
  settings.clip_skip = 2;
  EXPECT_EQ(identity_record(settings, 0)["clip_skip"], 2);
}

TEST(PictureSettings, TilesAreSaidAndNoReasonToMakeAPictureAgain) {
  GenerationSettings settings = some_settings();
  EXPECT_FALSE(settings_record(settings, 0).contains("vae_tile_size"));
  settings.vae_tile_pixels = 512;
  EXPECT_EQ(settings_record(settings, 0)["vae_tile_size"], 512);
  EXPECT_THAT(settings_phrase(settings), testing::EndsWith(", VAE tiles of 512"));
  for (const PictureSetting& row : picture_settings()) EXPECT_FALSE(row.key == "vae_tile_size" && row.is_compared);
}

TEST(PictureSettings, WithoutCachingAllBranchesAreOne) {
  GenerationSettings settings = some_settings();
  settings.cache = uniform_caching(1, 4);
  EXPECT_EQ(settings_record(settings, 0)["branch"], 4) << "what was asked";
  EXPECT_EQ(identity_record(settings, 0)["branch"], 0) << "what it comes to";
}

TEST(SettingsPhrase, IsWhatPeopleWantToKnow) {
  GenerationSettings settings = some_settings();
  EXPECT_EQ(settings_phrase(settings), "512x768, 20 steps of ddim (discrete), guidance 7.5");
  settings.steps = 1;
  EXPECT_EQ(settings_phrase(settings), "512x768, 1 step of ddim (discrete), guidance 7.5");
}

TEST(CanShareBatch, WhereTheUNetIsCalledTheSameWay) {
  const auto shares = [](const std::function<void(GenerationSettings&)>& change) {
    GenerationSettings other = some_settings();
    change(other);
    return can_share_batch(some_settings(), other);
  };
  using Settings = GenerationSettings;
  EXPECT_TRUE(shares([](Settings& s) { s.prompt = "a barn", s.negative_prompt = "people", s.seed = 9; }));
  EXPECT_TRUE(shares([](Settings& s) { s.guidance_scale = 2; })) << "each image has its own";
  EXPECT_FALSE(shares([](Settings& s) { s.guidance_scale = 1; })) << "half as many rows";
  EXPECT_FALSE(shares([](Settings& s) { s.width = 768; }));
  EXPECT_FALSE(shares([](Settings& s) { s.height = 512; }));
  EXPECT_FALSE(shares([](Settings& s) { s.steps = 21; }));
  EXPECT_FALSE(shares([](Settings& s) { s.scheduler.sampler = "pndm"; }));
  EXPECT_FALSE(shares([](Settings& s) { s.scheduler.sigma_schedule = "karras"; }));
  EXPECT_FALSE(shares([](Settings& s) { s.cache = uniform_caching(2, 1); }));
  EXPECT_FALSE(shares([](Settings& s) { s.cache = uniform_caching(3, 0); }));

  Settings embedded = some_settings(), without_guidance = some_settings();
  embedded.guidance_is_embedded = without_guidance.guidance_is_embedded = true;
  without_guidance.guidance_scale = 1;
  EXPECT_TRUE(can_share_batch(embedded, without_guidance)) << "one row each";
}

}  // namespace
}  // namespace deepcache_gen
