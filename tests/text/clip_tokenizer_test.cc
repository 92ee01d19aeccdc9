#include "text/clip_tokenizer.h"

#include <gmock/gmock.h>

#include "support/error.h"
#include "tiny_vocabulary.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

class ClipTokenizerTest : public TinyVocabulary {
 protected:
  TokenizedPrompt tokenize(std::string_view prompt, const nlohmann::json& changes = nlohmann::json::object()) const {
    return ClipTokenizer(config(changes), folder_).tokenize(prompt, {});
  }
};

TEST_F(ClipTokenizerTest, FramesWordsInLowerCase) {
  const TokenizedPrompt prompt = tokenize("ABC  c!");
  EXPECT_THAT(prompt.ids, ElementsAre(11, 10, 6, 7, 12, 12, 12, 12));
  EXPECT_EQ(prompt.token_count, 3u);
  EXPECT_EQ(prompt.truncated_text, "");
  EXPECT_THAT(tokenize("").ids, ElementsAre(11, 12, 12, 12, 12, 12, 12, 12));
}

TEST_F(ClipTokenizerTest, ReturnsTheTextThatDidNotFit) {
  const TokenizedPrompt prompt = tokenize("a b c a b ca abc!");
  EXPECT_THAT(prompt.ids, ElementsAre(11, 4, 5, 6, 4, 5, 3, 12));
  EXPECT_EQ(prompt.token_count, 9u);
  EXPECT_EQ(prompt.truncated_text, "a abc !");
}

TEST_F(ClipTokenizerTest, ShowsACharacterThatWasCutInTwoAsReplaced) {
  write("vocab.json", R"({"\u00c3": 0, "\u00a9</w>": 1, "a</w>": 2})");
  write("merges.txt", "");
  const nlohmann::json ids = {{"bos_id", 2}, {"eos_id", 2}, {"pad_id", 2}, {"unk_id", 2}, {"max_length", 3}};
  EXPECT_EQ(tokenize("\xC3\xA9 a", ids).truncated_text, "\xEF\xBF\xBD a");
}

TEST_F(ClipTokenizerTest, TakesSpecialTokensInThePromptAsSuch) {
  EXPECT_THAT(tokenize("a<|endoftext|><|startoftext|>b").ids, ElementsAre(11, 4, 12, 11, 5, 12, 12, 12));
}

TEST_F(ClipTokenizerTest, TakesThePaddingTokenInThePromptAsSuch) {
  EXPECT_THAT(tokenize("a!!", {{"pad_id", 0}}).ids, ElementsAre(11, 4, 0, 0, 12, 0, 0, 0));
}

TEST_F(ClipTokenizerTest, RefusesAPromptThatIsNotUtf8) {
  EXPECT_THAT([this] { tokenize("a caf\xE9"); }, ThrowsMessage<UsageError>(HasSubstr("not valid UTF-8 at byte 5")));
}

TEST_F(ClipTokenizerTest, FindsAddedTokensAnywhereInAnyCaseTheLongestFirst) {
  const ClipTokenizer tokenizer(config(), folder_);
  const std::vector<AddedToken> added{
      {"B", {kFirstAddedId}}, {"bC", {kFirstAddedId + 1, kFirstAddedId + 2}}, {"b  c", {kFirstAddedId + 3}}};
  const std::int64_t b = kFirstAddedId, bc = b + 1;
  EXPECT_THAT(tokenizer.tokenize("abcb", added).ids, ElementsAre(11, 4, bc, bc + 1, b, 12, 12, 12));
  EXPECT_THAT(tokenizer.tokenize("c B \n C a", added).ids, ElementsAre(11, 6, b + 3, 4, 12, 12, 12, 12));
  const TokenizedPrompt cut = tokenizer.tokenize("a a a a abca bc", added);
  EXPECT_EQ(cut.token_count, 10u);
  EXPECT_EQ(cut.truncated_text, "bC a bC") << "of the first token one vector fits";
}

TEST_F(ClipTokenizerTest, CutsPartsWithoutAFrameAndWithoutThePadding) {
  const ClipTokenizer tokenizer(config({{"pad_id", 0}}), folder_);
  EXPECT_THAT(tokenizer.pieces("a! <|endoftext|>"), ElementsAre(4, 7, 12));
  EXPECT_THAT(tokenizer.pieces(""), ElementsAre());
  EXPECT_THAT(tokenizer.frame().wrap_chunk({}), ElementsAre(11, 12, 0, 0, 0, 0, 0, 0));
  EXPECT_FALSE(tokenizer.is_comma(4));
  EXPECT_FALSE(tokenizer.is_comma(kFirstAddedId));
}

}  // namespace
}  // namespace deepcache_gen
