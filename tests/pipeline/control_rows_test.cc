#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "image/plain_image.h"
#include "image/png.h"
#include "pipeline/picture_settings.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::ThrowsMessage;

// A model, folders of nets that go with it or do not, and a control picture of 43x26.
class ControlRowsTest : public testing::Test {
 protected:
  ControlRowsTest() {
    model_.latent_channels = 4;
    const std::vector<std::uint8_t> png = encode_png(plain_image(43, 26, {1, 2, 3}), {});
    std::ofstream(folder_ / "edges.png", std::ios::binary)
        .write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
    write_net("canny", nlohmann::json::object());
  }

  // `facts`: what is otherwise said of the net.
  void write_net(const std::string& name, const nlohmann::json& facts, const std::string& family = "stable-diffusion") {
    nlohmann::json part{{"file", "control_net.pt"}, {"rungs", 12},         {"in_channels", 4},
                        {"context_size", 768},      {"pooled_size", 0},    {"picture_scale", 8},
                        {"channel_order", "rgb"},   {"global_pool", false}};
    part.update(facts);
    std::filesystem::create_directory(folder_ / name);
    write_text(folder_ / name / "control_net.pt", "abc");
    write_text(folder_ / name / "model.json",
               nlohmann::json{{"format_version", 2},
                              {"name", name},
                              {"family", family},
                              {"dtype", "float32"},
                              {"default_width", 512},
                              {"default_height", 512},
                              {"latent_channels", 4},
                              {"zero_unset_negative_prompt", false},
                              {"parts", {{"control_net", part}}},
                              {"files", {{"control_net.pt", {{"size", 3}, {"sha256", std::string(64, 'a')}}}}}}
                   .dump());
  }

  GenerationRequest request(const std::vector<std::string>& nets = {"canny"}) const {
    GenerationRequest request;
    for (const std::string& net : nets) {
      request.control_nets.push_back((folder_ / net).string());
      request.control_pictures.push_back(folder_ / "edges.png");
    }
    return request;
  }

  void expect_refused(const GenerationRequest& request, const std::string& reason) const {
    EXPECT_THAT([&] { resolve(request, model_); }, ThrowsMessage<UsageError>(HasSubstr(reason)));
  }

  TemporaryFolder folder_;
  ModelInfo model_{.name = "tiny",
                   .family = "stable-diffusion",
                   .default_width = 512,
                   .default_height = 512,
                   .unets = {{kUNet, {.rungs = 12, .context_size = 768}}},
                   .scheduler = JsonObject(nlohmann::json::parse(R"({"sampler": "ddim", "sigma_schedule": "discrete",
      "num_train_timesteps": 1000, "beta_start": 0.00085, "beta_end": 0.012, "beta_schedule": "scaled_linear",
      "prediction_type": "epsilon", "timestep_spacing": "leading", "steps_offset": 1, "set_alpha_to_one": false})"),
                                           "scheduler")};
};

TEST_F(ControlRowsTest, ThePictureDecidesTheSizeWhereNothingElseDoes) {
  GenerationRequest asked = request();
  GenerationSettings settings = resolve(asked, model_);
  ASSERT_THAT(settings.control_nets, SizeIs(1));
  EXPECT_EQ(settings.control_nets[0].picture.width, 43);
  EXPECT_EQ(settings.control_nets[0].strength, 1);
  EXPECT_EQ(settings.width, 40);
  EXPECT_EQ(settings.height, 24);
  asked.width = asked.height = 64;
  EXPECT_EQ(resolve(asked, model_).width, 64);
  EXPECT_EQ(resolve({}, model_).width, 512);
}

TEST_F(ControlRowsTest, NumbersAreForAllNetsOrForEach) {
  GenerationRequest asked = request({"canny", "canny"});
  asked.control_strengths = {0.5};
  asked.control_ends = {0.25, 0.75};
  const GenerationSettings settings = resolve(asked, model_);
  EXPECT_EQ(settings.control_nets[1].strength, 0.5);
  EXPECT_EQ(settings.control_nets[0].end, 0.25);
  EXPECT_EQ(settings.control_nets[1].end, 0.75);
  asked.control_starts = {0, 0, 0};
  expect_refused(asked, "--control-start is given 3 times, --control-net 2");
}

TEST_F(ControlRowsTest, NetsAndPicturesAreInPairs) {
  GenerationRequest asked = request();
  asked.control_pictures.push_back(folder_ / "edges.png");
  expect_refused(asked, "there are 1 --control-net and 2 --control-image");
  expect_refused({.control_strengths = {1}}, "--control-strength: is about a control net");
  expect_refused({.control_guess = true}, "--control-guess: is about a control net");
  expect_refused({.control_cache = "held"}, "--control-cache: is about a control net");
}

TEST_F(ControlRowsTest, NumbersHaveBounds) {
  GenerationRequest asked = request();
  asked.control_strengths = {10.5};
  expect_refused(asked, "--control-strength 10.5: expected 0 to 10");
  asked.control_strengths = {-1};
  expect_refused(asked, "--control-strength -1");
  asked.control_strengths = {1};
  asked.control_starts = {0.5};
  asked.control_ends = {0.5};
  expect_refused(asked, "--control-start 0.5 and --control-end 0.5: nothing lies between");
}

TEST_F(ControlRowsTest, ANetOfAnotherFamilyIsRefusedByName) {
  write_net("xl", nlohmann::json::object(), "stable-diffusion-xl");
  expect_refused(request({"xl"}), "is for the family 'stable-diffusion-xl', model tiny is of 'stable-diffusion'");
  write_net("second", {{"context_size", 1024}});
  expect_refused(request({"second"}), "has 1024 as width of the text that it reads, model tiny has 768");
  write_net("pooled", {{"pooled_size", 1280}});
  model_.text_encoders["text_encoder"].projection_size = 768;
  expect_refused(request({"pooled"}), "has 1280 as width of the pooled text that it reads, model tiny has 768");
  write_net("small", {{"rungs", 9}});
  expect_refused(request({"small"}), "has 9 rungs, model tiny has 12");
  write_net("coarse", {{"picture_scale", 4}});
  expect_refused(request({"coarse"}), "has 4 pixels per latent");
}

TEST_F(ControlRowsTest, WhatIsNoNetIsRefusedByName) {
  EXPECT_THAT([&] { resolve(request({"none"}), model_); },
              ThrowsMessage<Error>(HasSubstr((folder_ / "none").string() + "': there is no such folder")));
  expect_refused(request({"edges.png"}), "edges.png': is a file");
  nlohmann::json model = nlohmann::json::parse(read_text(folder_ / "canny" / "model.json"));
  model["parts"] = nlohmann::json::object();
  write_net("other", nlohmann::json::object());
  write_text(folder_ / "other" / "model.json", model.dump());
  expect_refused(request({"other"}), "is no control net but a model of the family 'stable-diffusion'");
}

TEST_F(ControlRowsTest, RecordsSayWhatCounts) {
  GenerationRequest asked = request();
  nlohmann::ordered_json record = identity_record(resolve(asked, model_), 1);
  EXPECT_EQ(record["control_net_sha256"], nlohmann::ordered_json({std::string(64, 'a')}));
  EXPECT_THAT(record["control_image_sha256"][0].get<std::string>(), SizeIs(64));
  for (const char* key : {"control_strength", "control_start", "control_end", "control_guess", "control_cache"}) {
    EXPECT_FALSE(record.contains(key)) << key << " is as usual";
  }
  asked.control_strengths = {0.75};
  asked.control_cache = "full";
  const GenerationSettings settings = resolve(asked, model_);
  EXPECT_EQ(settings_record(settings, 1)["control_strength"], nlohmann::ordered_json({"0.75"}));
  EXPECT_EQ(settings_record(settings, 1)["control_cache"], "full");
  EXPECT_FALSE(identity_record(settings, 1).contains("control_cache")) << "for the same picture";
  EXPECT_FALSE(settings_record(resolve({}, model_), 1).contains("control_net"));
}

TEST_F(ControlRowsTest, PicturesOfOneBatchHaveTheirNetsInCommonAndNotTheirPictures) {
  const std::vector<std::uint8_t> png = encode_png(plain_image(43, 26, {9, 9, 9}), {});
  std::ofstream(folder_ / "other.png", std::ios::binary)
      .write(reinterpret_cast<const char*>(png.data()), static_cast<std::streamsize>(png.size()));
  GenerationRequest asked = request();
  const GenerationSettings one = resolve(asked, model_);
  asked.control_pictures = {folder_ / "other.png"};
  EXPECT_TRUE(can_share_batch(one, resolve(asked, model_)));
  asked.control_strengths = {0.5};
  EXPECT_FALSE(can_share_batch(one, resolve(asked, model_)));
  EXPECT_FALSE(can_share_batch(one, resolve({.width = 40, .height = 24}, model_)));
}

TEST_F(ControlRowsTest, ARecordIsReadAgain) {
  GenerationRequest asked = request({"canny", "canny"});
  asked.control_strengths = {0.5, 1.5};
  const nlohmann::ordered_json record = settings_record(resolve(asked, model_), 1);
  GenerationRequest again;
  for (const PictureSetting& row : picture_settings()) {
    if (!row.key.starts_with("control_") || !row.read || !record.contains(row.key)) continue;
    OptionValue value{row.names, record[row.key][0]};
    value.further = {record[row.key][1]};
    row.read(value, again);
  }
  EXPECT_EQ(again.control_nets, asked.control_nets);
  EXPECT_EQ(again.control_pictures, asked.control_pictures);
  EXPECT_THAT(again.control_strengths, ElementsAre(0.5, 1.5));
}

}  // namespace
}  // namespace deepcache_gen
