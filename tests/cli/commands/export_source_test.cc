#include "cli/commands/export_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Of the published layout, as far as headers tell.
std::string safetensors(const std::vector<std::pair<std::string, std::vector<int>>>& tensors) {
  nlohmann::json header = nlohmann::json::object();
  int end = 0;
  for (const auto& [name, sizes] : tensors) {
    int count = 2;
    for (const int size : sizes) count *= size;
    header[name] = {{"dtype", "F16"}, {"shape", sizes}, {"data_offsets", {end, end + count}}};
    end += count;
  }
  const std::string text = header.dump();
  std::string file;
  for (int i = 0; i < 8; ++i) file += static_cast<char>((text.size() >> (8 * i)) & 0xff);
  return file + text + std::string(static_cast<std::size_t>(end), '\0');
}

std::string checkpoint() {
  return safetensors({{"model.diffusion_model.input_blocks.0.0.weight", {2, 4, 3, 3}},
                      {"first_stage_model.decoder.conv_in.weight", {2, 4, 3, 3}}});
}

class ExportSourceTest : public testing::Test {
 protected:
  ExportSourceTest() : before_(std::filesystem::current_path()) { std::filesystem::current_path(folder_.path()); }
  ~ExportSourceTest() override { std::filesystem::current_path(before_); }

  std::string kind(const std::string& path) {
    const auto source = export_source(path);
    return source ? source->kind : "none";
  }

  TemporaryFolder folder_;
  std::filesystem::path before_;
};

TEST_F(ExportSourceTest, ACheckpointIsKnownByItsHeader) {
  write_text("a b'.safetensors", checkpoint());
  EXPECT_THAT(kind("a b'.safetensors"), HasSubstr("checkpoint of a whole model"));
  write_text("old.ckpt", "pickled");
  EXPECT_EQ(kind("old.ckpt"), "a checkpoint");
  write_text("notes.txt", "");
  EXPECT_EQ(kind("notes.txt"), "none");
  EXPECT_EQ(kind("gone.safetensors"), "none");
}

TEST_F(ExportSourceTest, AFileThatNoModelCanBeMadeOfSaysWhatItIs) {
  write_text("lora.safetensors",
             safetensors({{"lora_unet_x.lora_down.weight", {4, 8}}, {"lora_unet_x.lora_up.weight", {8, 4}}}));
  EXPECT_THAT([&] { export_source("lora.safetensors"); }, ThrowsMessage<Error>(HasSubstr("--lora")));
  write_text("vae.safetensors", safetensors({{"decoder.conv_in.weight", {2, 4, 3, 3}}}));
  EXPECT_THAT([&] { export_source("vae.safetensors"); }, ThrowsMessage<Error>(HasSubstr("VAE with 4 latent channels")));
  write_text("other.safetensors", safetensors({{"x", {1}}}));
  EXPECT_THAT([&] { export_source("other.safetensors"); }, ThrowsMessage<Error>(HasSubstr("unknown kind")));
  write_text("cut.safetensors", checkpoint().substr(0, 100));
  EXPECT_THAT([&] { export_source("cut.safetensors"); }, ThrowsMessage<Error>(HasSubstr("cut.safetensors")));
}

TEST_F(ExportSourceTest, ADiffusersFolderHasAnIndex) {
  std::filesystem::create_directories("sd15");
  EXPECT_EQ(kind("sd15"), "none");
  write_text("sd15/model_index.json", "no JSON: the exporter's to say");
  EXPECT_EQ(kind("sd15/"), "a diffusers folder");
  std::filesystem::create_directories("claims/model_index.json");
  EXPECT_EQ(kind("claims"), "none") << "its index is a folder";
}

TEST_F(ExportSourceTest, AHubIdIsNothingThatIsHere) {
  EXPECT_THAT(kind("owner/some-model_1.5"), HasSubstr("hub id"));
  for (const char* path : {"owner/..", "../model", "./model", "-owner/model", "a/b/c", "owner/", "/model", "owner/a b",
                           "owner/x.safetensors", "owner", ""}) {
    EXPECT_EQ(kind(path), "none") << path;
  }
  std::filesystem::create_directories("models");
  EXPECT_EQ(kind("models/gone"), "none") << "a path, of something that is not there";
}

TEST_F(ExportSourceTest, WhatIsNoPathBeginsWithNoHyphen) {
  write_text("-x.safetensors", checkpoint());
  EXPECT_EQ(export_source("-x.safetensors")->text, "./-x.safetensors");
}

TEST_F(ExportSourceTest, AModelFolderIsMeantForItself) {
  std::filesystem::create_directories("both");
  write_text("both/model_index.json", "{}");
  EXPECT_TRUE(source_meant("both"));
  write_text("both/model.json", "{}");
  EXPECT_FALSE(source_meant("both"));
}

TEST_F(ExportSourceTest, TheModelIsCalledAsItsSource) {
  write_text("v1-5.pruned.safetensors", "");
  std::filesystem::create_directories("folder.d");
  EXPECT_EQ(name_of_source("v1-5.pruned.safetensors"), "v1-5.pruned");
  EXPECT_EQ(name_of_source("./folder.d//"), "folder.d");
  EXPECT_EQ(name_of_source("owner/model"), "model");
  std::filesystem::current_path("folder.d");
  EXPECT_EQ(name_of_source("."), "folder.d");
}

}  // namespace
}  // namespace deepcache_gen
