#include "text/prompt_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(PromptWords, AreInLowerCaseAndInTheirOrder) {
  EXPECT_THAT(prompt_words("A cat, playing CHESS: a cat!"), ElementsAre("a", "cat", "playing", "chess", "a", "cat"));
  EXPECT_THAT(prompt_words(""), IsEmpty());
  EXPECT_THAT(prompt_words(" ,.;\t\n--'\"()"), IsEmpty());
}

TEST(PromptWords, HyphensAndOtherSignsCutThemApart) {
  EXPECT_THAT(prompt_words("a hot-air/balloon_ride (sunset:1.3) [red|blue]"),
              ElementsAre("a", "hot", "air", "balloon", "ride", "sunset", "red", "blue"));
}

TEST(PromptWords, NeedALetter) { EXPECT_THAT(prompt_words("4k 8K 1.5 2026 \u00BD 3d"), ElementsAre("4k", "8k", "3d")); }

TEST(PromptWords, LoseAPossessiveButKeepOtherApostrophes) {
  EXPECT_THAT(prompt_words("the sailor's boat, sailors' boats, the sailor\u2019s"),
              ElementsAre("the", "sailor", "boat", "sailors", "boats", "the", "sailor"));
  EXPECT_THAT(prompt_words("don't DON\u2019T rock'n'roll 'quoted' 's ''x"),
              ElementsAre("don't", "don't", "rock'n'roll", "quoted", "s", "x"));
}

TEST(PromptWords, AreWordsThemselves) {
  for (const char* text : {"a's's", "1's's", "x's'y's", "\u0130's"}) {
    for (const std::string& word : prompt_words(text)) EXPECT_THAT(prompt_words(word), ElementsAre(word)) << text;
  }
}

TEST(PromptWords, AreThoseOfAnyScript) {
  EXPECT_THAT(prompt_words("\u00C9TUDE na\u00EFve \u732B\u3068\u72AC, \u041A\u041E\u0422"),
              ElementsAre("\u00E9tude", "na\u00EFve", "\u732B\u3068\u72AC", "\u043A\u043E\u0442"));
  // A mark belongs to its letter, composed where there is a letter for both.
  EXPECT_THAT(prompt_words("e\u0301tude q\u0323r \u0915\u093F\u0924\u093E\u092C"),
              ElementsAre("\u00E9tude", "q\u0323r", "\u0915\u093F\u0924\u093E\u092C"));
  EXPECT_THAT(prompt_words("cat\U0001F431dog"), ElementsAre("cat", "dog"));
}

TEST(PromptWords, ABrokenByteSeparates) {
  EXPECT_THAT(prompt_words("cat\xff"
                           "dog"),
              ElementsAre("cat", "dog"));
}

}  // namespace
}  // namespace deepcache_gen
