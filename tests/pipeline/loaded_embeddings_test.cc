#include "pipeline/loaded_embeddings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/archive/made_saved_file.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class LoadedEmbeddingsTest : public testing::Test {
 protected:
  LoadedEmbeddingsTest() {
    write_text(file_, make_saved_file(pickled_dict("<x>", pickled_tensor(SavedTensor{}))));
    model_.text_encoders[kTextEncoder] = {.layers = 2, .hidden_size = 3, .max_length = 77};
    settings_.embeddings = {read_input_embedding({"style", file_}, model_)};
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "style.pt";
  ModelInfo model_{.name = "tiny", .family = "stable-diffusion"};
  GenerationSettings settings_;
  LoadedEmbeddings loaded_;
};

TEST_F(LoadedEmbeddingsTest, HaveAVectorForEachEncoder) {
  const std::vector<Embedding> embeddings = loaded_.of(settings_, model_);
  ASSERT_EQ(embeddings.size(), 1u);
  EXPECT_EQ(embeddings[0].token, "style");
  ASSERT_EQ(embeddings[0].vectors.size(), 1u);
  EXPECT_EQ(embeddings[0].vectors[0].sizes(), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(embeddings[0].vectors[0][1][2].item<float>(), 5);
  EXPECT_TRUE(loaded_.of(GenerationSettings{}, model_).empty());
}

TEST_F(LoadedEmbeddingsTest, AreReadOnce) {
  loaded_.of(settings_, model_);
  std::filesystem::remove(file_);
  EXPECT_EQ(loaded_.of(settings_, model_).size(), 1u);
}

TEST_F(LoadedEmbeddingsTest, AreThoseOfThePlan) {
  write_text(file_, make_saved_file(pickled_dict("<y>", pickled_tensor(SavedTensor{}))));
  EXPECT_THAT([&] { loaded_.of(settings_, model_); },
              ThrowsMessage<Error>(HasSubstr("has changed since the run began")));
}

}  // namespace
}  // namespace deepcache_gen
