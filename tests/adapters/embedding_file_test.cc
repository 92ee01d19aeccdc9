#include "adapters/embedding_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <limits>

#include "backend/archive/made_saved_file.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;

// A safetensors file. `header`: without the braces around it.
std::string safetensors(const std::string& header, const std::vector<float>& numbers) {
  std::string json = "{" + header + "}", size;
  for (int i = 0; i < 8; ++i) size.push_back(static_cast<char>(json.size() >> 8 * i & 0xff));
  return size + json + std::string(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
}

std::string tensor_entry(const std::string& name, const std::string& shape, int first, int end,
                         const std::string& dtype = "F32") {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" +
         std::to_string(4 * first) + "," + std::to_string(4 * end) + "]}";
}

class EmbeddingFileTest : public testing::Test {
 protected:
  EmbeddingFile read(const std::string& content) {
    write_text(file_, content);
    return EmbeddingFile(file_);
  }
  void expect_file_refused(const std::string& content, const std::string& words) {
    EXPECT_THAT([&] { read(content); },
                ThrowsMessage<Error>(AllOf(StartsWith(file_.string() + ": is no "), HasSubstr(words))));
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "style.pt";
};

const std::string kNotes = pickled_text("name") + pickled_text("drawn") + "s" + pickled_text("step") + "M\xf4\x01s" +
                           pickled_text("sd_checkpoint_name") + pickled_text("sd-v1-5") + "s";

TEST_F(EmbeddingFileTest, IsThatOfAutomatic1111) {
  const EmbeddingFile file =
      read(make_saved_file(pickled_dict("string_to_param", pickled_dict("*", pickled_tensor(SavedTensor{}))) + kNotes));
  const EmbeddingVectors& vectors = file.vectors_for("", 3, 75, "tiny");
  EXPECT_EQ(vectors.count, 2);
  EXPECT_EQ(vectors.width, 3);
  EXPECT_EQ(vectors.type, "F32");
  EXPECT_THAT(vectors.numbers, ElementsAre(0, 1, 2, 3, 4, 5));
  EXPECT_EQ(file.name(), "drawn");
  EXPECT_EQ(file.steps(), 500);
  EXPECT_EQ(file.base_model(), "sd-v1-5");
}

TEST_F(EmbeddingFileTest, IsThatOfDiffusers) {
  const SavedTensor one{.sizes = {6}, .strides = {1}};
  const EmbeddingFile file = read(make_saved_file(pickled_dict("<style>", pickled_tensor(one))));
  EXPECT_EQ(file.vectors_for("", 6, 75, "tiny").count, 1);
  EXPECT_EQ(file.name(), "");
  EXPECT_EQ(file.steps(), std::nullopt);
}

TEST_F(EmbeddingFileTest, IsASafetensorsFile) {
  const EmbeddingFile file = read(safetensors(tensor_entry("emb_params", "[2,2]", 0, 4), {1, 2, 3, 4}));
  EXPECT_THAT(file.vectors_for("", 2, 75, "tiny").numbers, ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(file.sha256().size(), 64u);
}

TEST_F(EmbeddingFileTest, HasHalvesForSdxl) {
  const EmbeddingFile file =
      read(safetensors(tensor_entry("clip_g", "[1,2]", 0, 2) + "," + tensor_entry("clip_l", "[1,1]", 2, 3), {1, 2, 3}));
  EXPECT_THAT(file.vectors_for(kClipL, 1, 75, "tiny").numbers, ElementsAre(3));
  EXPECT_THAT(file.vectors_for(kClipG, 2, 75, "tiny").numbers, ElementsAre(1, 2));
  EXPECT_THAT([&] { file.vectors_for("", 1, 75, "tiny"); },
              ThrowsMessage<Error>(HasSubstr("is for SDXL: it has clip_l and clip_g, model tiny reads one set")));
  EXPECT_THAT(
      [&] { file.vectors_for(kClipG, 5, 75, "tiny"); },
      ThrowsMessage<Error>(HasSubstr("has vectors of 2 numbers in clip_g, the text encoder of model tiny reads 5")));
}

TEST_F(EmbeddingFileTest, IsForSomeModels) {
  const EmbeddingFile file = read(safetensors(tensor_entry("emb_params", "[2,2]", 0, 4), {1, 2, 3, 4}));
  EXPECT_THAT([&] { file.vectors_for("", 768, 75, "tiny"); },
              ThrowsMessage<Error>(HasSubstr("has vectors of 2 numbers, the text encoder of model tiny reads 768")));
  EXPECT_THAT([&] { file.vectors_for("", 2, 1, "tiny"); },
              ThrowsMessage<Error>(HasSubstr("has 2 vectors, model tiny reads 1 tokens at once")));
  EXPECT_THAT([&] { file.vectors_for(kClipL, 2, 75, "tiny"); },
              ThrowsMessage<Error>(HasSubstr("is for one text encoder, model tiny reads clip_l and clip_g")));
}

TEST_F(EmbeddingFileTest, HasOneToken) {
  expect_file_refused(safetensors(tensor_entry("a", "[1,1]", 0, 1) + "," + tensor_entry("b", "[1,1]", 1, 2), {1, 2}),
                      "it has 2 entries, such as 'a'");
  expect_file_refused(
      safetensors(tensor_entry("clip_g", "[1,1]", 0, 1) + "," + tensor_entry("t5xxl", "[1,1]", 1, 2), {1, 2}), "t5xxl");
  expect_file_refused(safetensors(tensor_entry("clip_g", "[1,1]", 0, 1), {1}), "no clip_l");
  expect_file_refused(
      safetensors(tensor_entry("clip_g", "[2,1]", 0, 2) + "," + tensor_entry("clip_l", "[1,1]", 2, 3), {1, 2, 3}),
      "have 1 and 2 vectors");
  expect_file_refused(safetensors("", {}), "no tensors");
}

TEST_F(EmbeddingFileTest, HasFiniteNumbers) {
  for (const float odd : {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
    expect_file_refused(safetensors(tensor_entry("emb_params", "[1,2]", 0, 2), {1, odd}), "NaN");
  }
  expect_file_refused(safetensors(tensor_entry("emb_params", "[1,2]", 0, 2, "I32"), {1, 2}), "numbers of type I32");
  expect_file_refused(safetensors(tensor_entry("emb_params", "[0,2]", 0, 0), {}), "vectors x width");
  expect_file_refused(safetensors(tensor_entry("emb_params", "[1,1,1]", 0, 1), {1}), "3 sizes");
}

TEST_F(EmbeddingFileTest, RunsNothing) {
  expect_file_refused(make_saved_file("cposix\nsystem\n" + pickled_text("touch made") + "\x85R"),
                      "its pickle names posix.system; nothing of it was run");
  expect_file_refused(pickle("cposix\nsystem\n" + pickled_text("touch made") + "\x85R"), "PyTorch before 1.6");
}

TEST_F(EmbeddingFileTest, HoldsADictionaryOfTensors) {
  expect_file_refused(make_saved_file("N"), "no dictionary");
  expect_file_refused(make_saved_file("}"), "no vectors");
  expect_file_refused(make_saved_file(pickled_dict("a", "N")), "its 'a' is no tensor");
  expect_file_refused(make_saved_file(pickled_dict("string_to_param", "N")), "'string_to_param' is no dictionary");
  expect_file_refused("a picture of a cat", "no safetensors file");
  expect_file_refused("", "no safetensors file");
}

// Cut anywhere, or changed anywhere, it is refused or read, and no other exception comes of it.
TEST_F(EmbeddingFileTest, IsRefusedInWordsWhateverIsChanged) {
  for (std::string content :
       {make_saved_file(pickled_dict("string_to_param", pickled_dict("*", pickled_tensor(SavedTensor{})))),
        safetensors(tensor_entry("emb_params", "[2,2]", 0, 4), {1, 2, 3, 4})}) {
    for (std::size_t size = 0; size < content.size(); size += 3) {
      EXPECT_THROW(read(content.substr(0, size)), Error) << size;
    }
    for (std::size_t i = 0; i < content.size(); i += 2) {
      const char kept = std::exchange(content[i], static_cast<char>(content[i] ^ 0x41));
      try {
        read(content);
      } catch (const Error& error) {
        EXPECT_THAT(error.what(), StartsWith(file_.string()));
      }
      content[i] = kept;
    }
  }
}

}  // namespace
}  // namespace deepcache_gen
