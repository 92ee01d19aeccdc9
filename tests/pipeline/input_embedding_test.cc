#include "pipeline/input_embedding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/archive/made_saved_file.h"
#include "model/families.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

ModelInfo model_of(const std::string& family, const std::vector<int>& widths) {
  ModelInfo model{.name = "tiny", .family = family};
  for (const int width : widths) {
    const std::string role = model.text_encoders.empty() ? kTextEncoder : "text_encoder_2";
    model.text_encoders[role] = {.layers = 2, .hidden_size = width, .max_length = 77};
  }
  return model;
}

class InputEmbeddingTest : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name) {
    write_text(folder_ / name, make_saved_file(pickled_dict("<x>", pickled_tensor(SavedTensor{}))));
    return folder_ / name;
  }
  NamedEmbedding read_flag(const std::string& name) { return read_embedding_flag((folder_ / name).string()); }
  void expect_flag_refused(const std::string& name, const std::string& words) {
    EXPECT_THAT([&] { read_flag(name); },
                ThrowsMessage<UsageError>(AllOf(HasSubstr("--embedding "), HasSubstr(words))));
  }

  TemporaryFolder folder_;
};

TEST_F(InputEmbeddingTest, IsNamedByItsFileOrByATokenBehindIt) {
  write("my.style.pt");
  write("a:b.pt");
  EXPECT_EQ(read_flag("my.style.pt").token, "my.style");
  EXPECT_EQ(read_flag("my.style.pt:other").token, "other");
  EXPECT_EQ(read_flag("my.style.pt:other").file, folder_ / "my.style.pt");
  EXPECT_EQ(read_flag("a:b.pt").token, "a:b");
  EXPECT_EQ(read_flag("a:b.pt:c").token, "c");
  expect_flag_refused("none.pt", "there is no such file");
  expect_flag_refused("none.pt:other", "there is no such file");
  expect_flag_refused("", "there is no such file");
}

TEST_F(InputEmbeddingTest, HasATokenThatAPromptCanSpell) {
  write("a.pt");
  for (const std::string token : {"", " a", "a ", "a/b", "a\nb", "\xff"}) {
    expect_flag_refused("a.pt:" + token, "can't stand in a prompt");
  }
  expect_flag_refused("a.pt:" + std::string(201, 'x'), "can't stand in a prompt");
}

TEST_F(InputEmbeddingTest, OfAFolderAreThoseThatLookLikeOne) {
  for (const char* name : {"b.bin", "a.pt", "c.safetensors", "d.png", "e\n.pt"}) write(name);
  std::filesystem::create_directory(folder_ / "f.pt");
  std::vector<std::string> tokens;
  for (const NamedEmbedding& named : embeddings_in(folder_.path())) tokens.push_back(named.token);
  EXPECT_THAT(tokens, ElementsAre("a", "b", "c"));
  EXPECT_THAT([&] { embeddings_in(folder_ / "none"); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("--embedding-dir"), HasSubstr("expected a folder"))));
}

TEST_F(InputEmbeddingTest, IsReadForTheModel) {
  const NamedEmbedding named{"style", write("style.pt")};
  const InputEmbedding embedding = read_input_embedding(named, model_of("stable-diffusion", {3}));
  EXPECT_EQ(embedding.token, "style");
  EXPECT_EQ(embedding.sha256.size(), 64u);
  EXPECT_THAT([&] { read_input_embedding(named, model_of("stable-diffusion", {768})); },
              ThrowsMessage<UsageError>(HasSubstr("has vectors of 3 numbers")));
  EXPECT_THAT(
      [&] {
        read_input_embedding(named, model_of(std::string(kStableDiffusionXl), {3, 3}));
      },
      ThrowsMessage<UsageError>(HasSubstr("is for one text encoder")));
}

TEST_F(InputEmbeddingTest, IsNotForFormatOne) {
  ModelInfo model = model_of("stable-diffusion", {3});
  model.text_encoders.at(kTextEncoder).layers.reset();
  EXPECT_THAT([&] { encoder_halves(model); }, ThrowsMessage<UsageError>(HasSubstr("export it again")));
}

TEST(EncoderHalves, AreNamedWhereThereAreTwo) {
  const auto names_of = [](const ModelInfo& model) {
    std::vector<std::string> names;
    for (const EncoderHalf& half : encoder_halves(model)) names.push_back(half.name);
    return names;
  };
  EXPECT_THAT(names_of(model_of("stable-diffusion", {3})), ElementsAre(""));
  EXPECT_THAT(names_of(model_of(std::string(kStableDiffusionXl), {3, 4})), ElementsAre("clip_l", "clip_g"));
  EXPECT_THAT(names_of(model_of(std::string(kStableDiffusionXlRefiner), {4})), ElementsAre("clip_g"));
}

}  // namespace
}  // namespace deepcache_gen
