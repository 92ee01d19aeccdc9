#include "text/clip_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(ClipWords, CutsLettersDigitsAndOthersApart) {
  EXPECT_THAT(clip_words(U"cat,42 dogs\u2026!"), ElementsAre(U"cat", U",", U"4", U"2", U"dogs", U"\u2026!"));
  EXPECT_THAT(clip_words(U"\u732B\u00BD\u2163"), ElementsAre(U"\u732B", U"\u00BD", U"\u2163"));
}

TEST(ClipWords, DropsEveryWhiteSpace) {
  EXPECT_THAT(clip_words(U" \t\n\v\f\r\u0085\u00A0\u1680\u2003\u2028\u2029\u202F\u205F\u3000"), IsEmpty());
  EXPECT_THAT(clip_words(U""), IsEmpty());
}

TEST(ClipWords, TakesControlCharactersMarksAndInvisibleOnesAsOthers) {
  EXPECT_THAT(clip_words(std::u32string_view(U"a\0b", 3)), ElementsAre(U"a", std::u32string_view(U"\0", 1), U"b"));
  EXPECT_THAT(clip_words(U"q\u0323r"), ElementsAre(U"q", U"\u0323", U"r"));
  EXPECT_THAT(clip_words(U"a\u200B\u001Fb"), ElementsAre(U"a", U"\u200B\u001F", U"b"));
  EXPECT_THAT(clip_words(U"\U0001F468\u200D\U0001F469"), ElementsAre(U"\U0001F468\u200D\U0001F469"));
}

TEST(ClipWords, KnowsContractions) {
  EXPECT_THAT(clip_words(U"it's they'll don'tell x'y"),
              ElementsAre(U"it", U"'s", U"they", U"'ll", U"don", U"'t", U"ell", U"x", U"'", U"y"));
  EXPECT_THAT(clip_words(U"!'s"), ElementsAre(U"!'", U"s"));
}

TEST(ClipWords, TakesASpelledSpecialTokenApart) {
  EXPECT_THAT(clip_words(U"a<|endoftext|>!!"), ElementsAre(U"a", U"<|", U"endoftext", U"|>", U"!!"));
  EXPECT_THAT(clip_words(U"a<|middleoftext|>!!"), ElementsAre(U"a", U"<|", U"middleoftext", U"|>!!"));
}

}  // namespace
}  // namespace deepcache_gen
