#include "model/model_info.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "model/checksums.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr const char* kModelJson = R"({
  "format_version": 2, "name": "tiny", "family": "stable-diffusion", "dtype": "float32",
  "default_width": 64, "default_height": 32, "latent_channels": 4,
  "parts": {
    "unet": {"file": "unet.pt", "rungs": 12, "in_channels": 9, "context_size": 32,
             "weights": {"down.0.conv": "conv_in"}},
    "vae_decoder": {"file": "vae_decoder.pt"},
    "text_encoder": {"file": "text_encoder.pt", "layers": 12, "hidden_size": 32, "projection_size": 0, "skip": 2,
                     "final_norm": false, "end_id": null, "tokenizer": {"type": "clip", "max_length": 77}}},
  "vae": {"scaling_factor": 0.18215, "scale": 8, "force_upcast": false, "latents_mean": null, "latents_std": null,
          "sample_size": 512},
  "zero_unset_negative_prompt": false,
  "scheduler": {"sampler": "ddim"},
  "defaults": {"steps": 50, "guidance_scale": 7.5},
  "files": {}
})";

// The same in format 1, but for a UNet of 4 channels.
nlohmann::json format_1(const nlohmann::json& json) {
  nlohmann::json old = nlohmann::json::parse(R"({
    "format_version": 1,
    "unet": {"file": "unet.pt", "rungs": 12, "in_channels": 4, "context_size": 32},
    "text_encoders": [{"file": "text_encoder.pt", "hidden_size": 32, "hidden_layer": "penultimate",
                       "final_layer_norm": false, "pooled_size": 0,
                       "tokenizer": {"type": "clip", "max_length": 77}}]})");
  for (const auto& [key, value] : json.items()) {
    if (key != "parts" && key != "latent_channels" && !old.contains(key)) old[key] = value;
  }
  old["vae"].erase("sample_size");
  old["vae"].update({{"decoder", "vae_decoder.pt"}, {"encoder", "vae_encoder.pt"}});
  return old;
}

// SHA-256 of "abc" (FIPS 180-2, appendix B.1).
constexpr const char* kSha256OfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

// A model folder whose parts all hold "abc".
class ModelFolder : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    for (const char* name : {"unet.pt", "vae_decoder.pt", "text_encoder.pt"}) {
      write(name, "abc");
      json_["files"][name] = {{"size", 3}, {"sha256", kSha256OfAbc}};
    }
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  ModelInfo read() {
    write("model.json", json_.dump());
    return read_model_info(folder_);
  }

  std::filesystem::path folder_;
  nlohmann::json json_ = nlohmann::json::parse(kModelJson);
};

// As one that is a control net would be.
TEST_F(ModelFolder, OfOtherPartsSaysNothingOfPictures) {
  json_["parts"] = {{"controlnet", {{"file", "unet.pt"}}}};
  for (const char* field : {"vae", "scheduler", "defaults"}) json_.erase(field);
  const ModelInfo model = read();
  EXPECT_EQ(model.part("controlnet").file, "unet.pt");
  EXPECT_THAT([&] { model.unet(); },
              ThrowsMessage<Error>(HasSubstr("model tiny has no UNet 'unet', which this needs")));
  EXPECT_THAT([&] { model.scheduler.string("sampler"); },
              ThrowsMessage<Error>(HasSubstr("model.json: scheduler: sampler: is missing")));
}

TEST_F(ModelFolder, OfPicturesMustSayHowTheyAreMade) {
  const nlohmann::json whole = json_;
  for (const char* field : {"vae", "scheduler", "defaults"}) {
    json_ = whole;
    json_.erase(field);
    EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr(std::string("model.json: ") + field + ": is missing")));
  }
  json_ = whole;
  json_["parts"] = {{"vae_encoder", {{"file", "unet.pt"}}}};
  json_.erase("vae");
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("model.json: vae: is missing")));
}

TEST_F(ModelFolder, IsRead) {
  const ModelInfo model = read();
  EXPECT_EQ(model.name, "tiny");
  EXPECT_EQ(model.default_width, 64);
  EXPECT_EQ(model.max_branch(), 11);
  EXPECT_EQ(model.text_encoders.at(kTextEncoder).max_length, 77);
  EXPECT_EQ(model.text_encoders.at(kTextEncoder).layers, 12);
  EXPECT_EQ(model.latent_channels, 4);
  EXPECT_EQ(model.unet().in_channels, 9);
  EXPECT_EQ(model.unet().out_channels, 4) << "what the VAE has, unless said otherwise";
  EXPECT_EQ(model.part(kUNet).weights.published("down.0.conv.weight"), "conv_in.weight");
  EXPECT_EQ(model.vae.sample_size, 512);
  EXPECT_EQ(model.defaults.interval, 1) << "caching is off unless the model recommends it";
  EXPECT_FALSE(model.defaults.sampler);
  EXPECT_NO_THROW(VerifiedModel{model});
}

TEST_F(ModelFolder, OfFormat1IsRead) {
  json_ = format_1(json_);
  const ModelInfo model = read();
  EXPECT_EQ(model.part(kUNet).file, "unet.pt");
  EXPECT_EQ(model.part(kVaeDecoder).file, "vae_decoder.pt");
  EXPECT_FALSE(model.parts.contains(kVaeEncoder)) << "which the folder does not have";
  EXPECT_EQ(model.latent_channels, 4);
  EXPECT_EQ(model.max_branch(), 11);
  const TextEncoderInfo& encoder = model.text_encoders.at(kTextEncoder);
  EXPECT_FALSE(encoder.layers);
  EXPECT_EQ(encoder.skip, 2);
  EXPECT_FALSE(encoder.final_norm);
  json_["text_encoders"].push_back(json_["text_encoders"][0]);
  EXPECT_TRUE(read().text_encoders.contains("text_encoder_2"));
  json_["text_encoders"] = nlohmann::json::array();
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("text_encoders: must list at least one")));
}

TEST_F(ModelFolder, SaysWhichPartIsMissing) {
  const ModelInfo model = read();
  EXPECT_THAT([&] { model.part(kVaeEncoder); },
              ThrowsMessage<Error>(HasSubstr("model tiny has no vae_encoder, which this needs")));
  EXPECT_THAT([&] { model.unet("vae_decoder"); }, ThrowsMessage<Error>(HasSubstr("model tiny has no UNet")));
  json_["parts"].erase("unet");
  const ModelInfo without = read();
  EXPECT_THAT([&] { without.max_branch(); }, ThrowsMessage<Error>(HasSubstr("model tiny has no UNet 'unet'")));
}

TEST_F(ModelFolder, MayHavePartsThatAreNotKnown) {
  json_["parts"]["adapter"] = {{"file", "unet.pt"}, {"layers", "many"}};
  EXPECT_EQ(read().part("adapter").file, "unet.pt");
  json_["parts"]["adapter"]["file"] = "adapter.pt";
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("files: 'adapter.pt' is missing")));
}

TEST_F(ModelFolder, HasPartsWithinBounds) {
  const auto refused = [&](const std::string& pointer, const nlohmann::json& value, const std::string& said) {
    SCOPED_TRACE(pointer);
    const nlohmann::json good = json_;
    json_.at(nlohmann::json::json_pointer("/parts" + pointer)) = value;
    EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(AllOf(HasSubstr("parts: "), HasSubstr(said))));
    json_ = good;
  };
  refused("/unet/in_channels", 0, "unet: in_channels: is 0");
  refused("/unet/rungs", 1001, "unet: rungs: is 1001");
  refused("/unet/weights", {{"down", 3}}, "unet: weights: down: expected");
  refused("/text_encoder/layers", 0, "text_encoder: layers: is 0");
  refused("/text_encoder/skip", 13, "text_encoder: skip: is 13");
  refused("/text_encoder/skip", 0, "text_encoder: skip: is 0");
  refused("/text_encoder/end_id", -1, "text_encoder: end_id: is -1");
  refused("/text_encoder/projection_size", -1, "text_encoder: projection_size: is -1");
  refused("/text_encoder/tokenizer", nullptr, "text_encoder: tokenizer");
}

TEST_F(ModelFolder, IsForInpaintingByTheChannelsOfItsUNet) {
  EXPECT_TRUE(read().unet().is_inpainting());
  for (const int channels : {4, 5, 8}) {
    json_["parts"]["unet"]["in_channels"] = channels;
    EXPECT_FALSE(read().unet().is_inpainting()) << channels;
  }
}

TEST_F(ModelFolder, MaySayThatItsUNetTakesTheGuidanceScale) {
  EXPECT_EQ(read().unet().guidance_embedding, 0);
  nlohmann::json& field = json_["parts"]["unet"]["guidance_embedding"];
  field = 256;
  EXPECT_EQ(read().unet().guidance_embedding, 256);
  for (const nlohmann::json& wrong : {nlohmann::json(-1), nlohmann::json(1 << 21), nlohmann::json(256.5),
                                      nlohmann::json("256"), nlohmann::json(true), nlohmann::json::object()}) {
    field = wrong;
    EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("parts: unet: guidance_embedding: "))) << wrong;
  }
}

TEST(IsTextEncoder, KnowsThemByTheirNumbers) {
  for (const char* role : {"text_encoder", "text_encoder_2", "text_encoder_13"}) EXPECT_TRUE(is_text_encoder(role));
  for (const char* role : {"", "text", "text_encoder_", "text_encoder2", "text_encoder_x", "unet"})
    EXPECT_FALSE(is_text_encoder(role)) << role;
}

TEST_F(ModelFolder, RecommendsDefaults) {
  json_["defaults"] = {{"steps", 20}, {"guidance_scale", 4}, {"sampler", "euler"}, {"interval", 3}, {"branch", 1}};
  const RecommendedDefaults defaults = read().defaults;
  EXPECT_EQ(defaults.sampler, "euler");
  EXPECT_EQ(defaults.interval, 3);
  EXPECT_EQ(defaults.branch, 1);
}

TEST_F(ModelFolder, MaySayWhichWordsItKnows) {
  EXPECT_FALSE(read().known_words);
  json_["known_words"] = {{"subject", "landscapes"}, {"file", "words.txt"}};
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("files: 'words.txt' is missing")));
  json_["files"]["words.txt"] = {{"size", 3}, {"sha256", kSha256OfAbc}};
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(AllOf(HasSubstr("words.txt"), HasSubstr("incomplete"))));
  write("words.txt", "abc");
  const ModelInfo model = read();
  EXPECT_EQ(model.known_words->subject, "landscapes");
  EXPECT_EQ(model.known_words->file, "words.txt");
  EXPECT_TRUE(model.known_words->sizes.empty());
  json_["known_words"]["sizes"] = {{256, 256}, {256, 320}};
  EXPECT_EQ(read().known_words->sizes, (std::vector<std::vector<int>>{{256, 256}, {256, 320}}));
  for (const nlohmann::json& size : {nlohmann::json{256}, nlohmann::json{256, 0}, nlohmann::json{256, 25.5}}) {
    json_["known_words"]["sizes"] = nlohmann::json::array({size});
    EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("sizes: expected pairs of width and height")));
  }
  json_["known_words"].erase("subject");
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("known_words: subject: is missing")));
}

TEST_F(ModelFolder, NamesAMissingField) {
  json_["vae"].erase("scaling_factor");
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(AllOf(HasSubstr("model.json: vae: scaling_factor: is missing"))));
}

TEST_F(ModelFolder, RefusesAnotherFormatVersion) {
  json_["format_version"] = 3;
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("format_version: is 3")));
}

TEST_F(ModelFolder, NamesAFileThatIsMissing) {
  std::filesystem::remove(folder_ / "unet.pt");
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(AllOf(HasSubstr("unet.pt"), HasSubstr("incomplete"))));
}

TEST_F(ModelFolder, NamesAFileThatWasCutShort) {
  write("unet.pt", "ab");
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("has 2 bytes, model.json says 3")));
}

TEST_F(ModelFolder, NamesAFileWithAnotherChecksum) {
  write("unet.pt", "abd");
  const ModelInfo model = read();
  EXPECT_THAT([&] { VerifiedModel{model}; }, ThrowsMessage<Error>(AllOf(HasSubstr("unet.pt"), HasSubstr("SHA-256"))));
}

TEST_F(ModelFolder, MaySayWhichFilesHaveTheSameNumbers) {
  const std::string one(64, '1'), two(64, 'f'), three(64, '3');
  EXPECT_THAT(read().files.at("unet.pt").same_as, testing::IsEmpty());
  json_["files"]["unet.pt"]["same_as"] = {one, two};
  const FileInfo unet = read().files.at("unet.pt");
  EXPECT_TRUE(unet.is_same_as(kSha256OfAbc));
  EXPECT_TRUE(unet.is_same_as(one));
  EXPECT_TRUE(unet.is_same_as(two));
  EXPECT_FALSE(unet.is_same_as(three));
  EXPECT_NO_THROW(VerifiedModel{read()}) << "the file itself has the one of `sha256`";
}

TEST_F(ModelFolder, NamesWhatIsNoChecksum) {
  const std::string short_by_one(63, '1'), no_digits(64, 'G');
  for (const nlohmann::json& wrong : {nlohmann::json::array({short_by_one}), nlohmann::json::array({no_digits}),
                                      nlohmann::json(std::string(64, '1')), nlohmann::json::array({1})}) {
    json_["files"]["unet.pt"]["same_as"] = wrong;
    EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(AllOf(HasSubstr("model.json: files: unet.pt: same_as: expected"),
                                                            HasSubstr("export the model again"))));
  }
  json_["files"]["unet.pt"] = {{"size", 3}, {"sha256", short_by_one}};
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("unet.pt: sha256: expected a SHA-256")));
}

TEST_F(ModelFolder, NeedsAChecksumForEveryPart) {
  json_["files"].erase("unet.pt");
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("'unet.pt' is missing")));
}

TEST_F(ModelFolder, NamesItsFilesPlainly) {
  const std::vector<std::string> names{"",     "/etc/passwd", "../x", "a/../../x", "a/..",    "./x",
                                       "a//b", "a/",          "a\\b", "a\nb",      "\x1b[2J", std::string(256, 'a')};
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    nlohmann::json changed = json_;
    changed["files"][name] = {{"size", 3}, {"sha256", kSha256OfAbc}};
    write("model.json", changed.dump());
    EXPECT_THAT(
        [&] { read_model_info(folder_); },
        ThrowsMessage<Error>(AllOf(HasSubstr("model.json: files: "), HasSubstr("is no name of a file of the folder"))));
  }
}

TEST_F(ModelFolder, MayHaveFoldersInIt) {
  std::filesystem::create_directory(folder_ / "tokenizer..x");
  write("tokenizer..x/...", "abc");
  json_["files"]["tokenizer..x/..."] = {{"size", 3}, {"sha256", kSha256OfAbc}};
  EXPECT_NO_THROW(read());
}

TEST_F(ModelFolder, ListsItsTokenizersFiles) {
  json_["parts"]["text_encoder"]["tokenizer"]["vocabulary"] = "/dev/zero";
  EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(HasSubstr("files: '/dev/zero' is missing")));
  json_["parts"]["text_encoder"]["tokenizer"]["vocabulary"] = "vocab.json";
  json_["files"]["vocab.json"] = {{"size", 3}, {"sha256", kSha256OfAbc}};
  write("vocab.json", "abc");
  EXPECT_NO_THROW(read());
}

TEST_F(ModelFolder, MayBeALinkAndHoldLinksWithin) {
  std::filesystem::rename(folder_ / "unet.pt", folder_ / "real.pt");
  std::filesystem::create_symlink("real.pt", folder_ / "unet.pt");
  read();
  const std::filesystem::path link = folder_.string() + "_link";
  std::filesystem::remove(link);
  std::filesystem::create_directory_symlink(folder_, link);
  EXPECT_EQ(read_model_info(link).folder, link);
  std::filesystem::remove(link);
}

TEST_F(ModelFolder, HoldsNoLinksThatLeadOut) {
  const std::filesystem::path store = folder_.string() + "_store";
  std::filesystem::create_directories(store);
  for (const char* name : {"unet.pt", "model.json"}) {
    SCOPED_TRACE(name);
    read();
    std::filesystem::rename(folder_ / name, store / name);
    std::filesystem::create_symlink(store / name, folder_ / name);
    EXPECT_THAT(
        [&] { read_model_info(folder_); },
        ThrowsMessage<Error>(AllOf(HasSubstr(name), HasSubstr("is a link that leads out of the model folder"))));
    std::filesystem::rename(store / name, folder_ / name);
  }
  std::filesystem::remove_all(store);
}

TEST_F(ModelFolder, HoldsRegularFilesOnly) {
  for (const char* name : {"unet.pt", "model.json"}) {
    SCOPED_TRACE(name);
    read();
    std::filesystem::remove(folder_ / name);
    ASSERT_EQ(::mkfifo((folder_ / name).c_str(), 0600), 0);
    EXPECT_THAT([&] { read_model_info(folder_); },
                ThrowsMessage<Error>(AllOf(HasSubstr(name), HasSubstr("no regular file"))));
    std::filesystem::remove(folder_ / name);
    std::filesystem::create_directory(folder_ / name);
    EXPECT_THAT([&] { read_model_info(folder_); },
                ThrowsMessage<Error>(AllOf(HasSubstr(name), HasSubstr("no regular file"))));
    std::filesystem::remove(folder_ / name);
    write("unet.pt", "abc");
  }
}

TEST_F(ModelFolder, HasADescriptionWithinBounds) {
  const auto refused_for = [&](const std::string& problem) {
    EXPECT_THAT([&] { read(); }, ThrowsMessage<Error>(AllOf(HasSubstr("model.json: " + problem), HasSubstr("export"))));
  };
  const nlohmann::json good = json_;
  for (int i = 0; i < 100'000; ++i) json_["parts"]["unet"][std::to_string(i)] = i;
  refused_for("has a JSON object with more than 1000 keys");
  json_ = good;
  json_["parts"]["unet"]["x"] = std::vector<int>(100'000);
  refused_for("has more than 100000 JSON values");
  json_ = good;
  json_["files"]["unet.pt"]["size"] = -1;
  refused_for("files: unet.pt: size: is -1");
  json_["files"]["unet.pt"]["size"] = UINT64_MAX;
  refused_for("files: unet.pt: size: is too large");
  json_["files"]["unet.pt"]["size"] = 3.0;
  refused_for("files: unet.pt: size: expected an integer");
}

TEST(ReadModelInfo, SaysWhatIsNotAModelFolder) {
  EXPECT_THAT([] { read_model_info("/no/such/folder"); }, ThrowsMessage<Error>(HasSubstr("there is no such folder")));
  EXPECT_THAT([] { read_model_info(testing::TempDir()); }, ThrowsMessage<Error>(HasSubstr("has no model.json")));
}

}  // namespace
}  // namespace deepcache_gen
