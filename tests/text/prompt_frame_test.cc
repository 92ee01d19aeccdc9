#include "text/prompt_frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

JsonObject config(std::int64_t max_length, std::int64_t pad_id) {
  return JsonObject({{"max_length", max_length}, {"bos_id", 1}, {"eos_id", 2}, {"pad_id", pad_id}}, "tokenizer");
}

std::string count(std::span<const std::int64_t> pieces) { return std::to_string(pieces.size()) + " left"; }

TEST(PromptFrame, PadsToOneLength) {
  const std::vector<std::int64_t> pieces = {7, 8};
  const TokenizedPrompt prompt = PromptFrame(config(6, 0), 10).wrap(pieces, count);
  EXPECT_THAT(prompt.ids, ElementsAre(1, 7, 8, 2, 0, 0));
  EXPECT_EQ(prompt.token_count, 2u);
  EXPECT_EQ(prompt.truncated_text, "");
}

TEST(PromptFrame, KeepsWhatFitsExactly) {
  const std::vector<std::int64_t> pieces = {7, 8};
  const TokenizedPrompt prompt = PromptFrame(config(4, 0), 10).wrap(pieces, count);
  EXPECT_THAT(prompt.ids, ElementsAre(1, 7, 8, 2));
  EXPECT_EQ(prompt.truncated_text, "");
}

TEST(PromptFrame, ReportsWhatDoesNotFit) {
  const std::vector<std::int64_t> pieces = {7, 8, 9, 5};
  const TokenizedPrompt prompt = PromptFrame(config(4, 0), 10).wrap(pieces, count);
  EXPECT_THAT(prompt.ids, ElementsAre(1, 7, 8, 2));
  EXPECT_EQ(prompt.token_count, 4u);
  EXPECT_EQ(prompt.truncated_text, "2 left");
}

TEST(PromptFrame, RefusesIdsOutsideTheVocabularyAndLengthsWithoutRoom) {
  EXPECT_THAT([] { PromptFrame(config(4, 10), 10); },
              ThrowsMessage<Error>(HasSubstr("pad_id: is 10, expected 0 to 9")));
  EXPECT_THAT([] { PromptFrame(config(1, 0), 10); }, ThrowsMessage<Error>(HasSubstr("max_length: is 1")));
}

}  // namespace
}  // namespace deepcache_gen
