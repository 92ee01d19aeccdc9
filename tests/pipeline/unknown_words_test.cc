#include "pipeline/unknown_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

class UnknownWordsTest : public testing::Test {
 protected:
  UnknownWordsTest() {
    write_text(folder_ / "words.txt", "a\nboat\nsea\nthe\n");
    settings_.guidance_scale = 4;
  }

  TemporaryFolder folder_;
  ModelInfo model_{.folder = folder_.path(), .known_words = KnownWordsInfo{"seascapes", "words.txt"}};
  GenerationSettings settings_{};
};

TEST_F(UnknownWordsTest, AModelNeedNotSayWhatItKnows) {
  EXPECT_FALSE(load_known_words(ModelInfo{}));
  EXPECT_TRUE(load_known_words(model_)->has("boat"));
}

TEST_F(UnknownWordsTest, AreThoseOfThePromptInTheirOrder) {
  settings_.prompt = "The cat's boat, chess, a cat";
  EXPECT_THAT(unknown_words(settings_, *load_known_words(model_)), ElementsAre("cat", "chess", "cat"));
}

TEST_F(UnknownWordsTest, ANegativePromptCountsWithGuidanceOnly) {
  settings_.prompt = "the sea";
  settings_.negative_prompt = "boats, people";
  EXPECT_THAT(unknown_words(settings_, *load_known_words(model_)), ElementsAre("people"));
  settings_.guidance_scale = 1;
  EXPECT_THAT(unknown_words(settings_, *load_known_words(model_)), ElementsAre());
}

TEST_F(UnknownWordsTest, AnEmbeddingExplainsItsToken) {
  settings_.prompt = "a MyStyle boat, unmystyled";
  settings_.embeddings = {{.token = "mystyle", .file = {}, .sha256 = {}}};
  EXPECT_THAT(unknown_words(settings_, *load_known_words(model_)), ElementsAre("un", "d"));
}

TEST_F(UnknownWordsTest, AreThoseThatAreReadInThePromptsStyle) {
  settings_.prompt = "the (sea:1.2) BREAK a boat <lora:storm:0.5>";
  EXPECT_THAT(unknown_words(settings_, *load_known_words(model_)), ElementsAre("break", "lora", "storm"));
  settings_.prompt_style = PromptStyle::a1111;
  EXPECT_THAT(unknown_words(settings_, *load_known_words(model_)), ElementsAre());
}

}  // namespace
}  // namespace deepcache_gen
