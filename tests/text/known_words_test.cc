#include "text/known_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

class KnownWordsTest : public testing::Test {
 protected:
  KnownWords read(const std::string& text) {
    write_text(folder_ / "words.txt", text);
    return KnownWords(folder_ / "words.txt");
  }

  TemporaryFolder folder_;
};

TEST_F(KnownWordsTest, AreThoseOfTheFile) {
  const KnownWords known = read("4k\nboat\ncr\u00E8me\ndon't\n");
  for (const char* word : {"boat", "4k", "don't", "cr\u00E8me"}) EXPECT_TRUE(known.has(word)) << word;
  for (const char* word : {"cat", "boating", "bo", ""}) EXPECT_FALSE(known.has(word)) << word;
  EXPECT_TRUE(read("boat\nsea").has("sea")) << "a last line without an end";
}

TEST_F(KnownWordsTest, PluralsAndSingularsGoWithThem) {
  const KnownWords known = read("beach\nboat\nhills\nmarshes\n");
  for (const char* word : {"boats", "beaches", "hill", "marsh"}) EXPECT_TRUE(known.has(word)) << word;
  for (const char* word : {"beachy", "boatss", "boa"}) EXPECT_FALSE(known.has(word)) << word;
}

TEST_F(KnownWordsTest, WhatIsShorterIsNoPlural) {
  const KnownWords known = read("a\nhas\nto\n");
  for (const char* word : {"as", "toes", "tos", "ha"}) EXPECT_FALSE(known.has(word)) << word;
}

TEST_F(KnownWordsTest, NamesALineThatIsNotOneWordInLowerCase) {
  for (const char* line : {"Boat", "two words", "", " boat", "boat\r", "hot-air", "12", "boat's", "bo\xff"}) {
    EXPECT_THAT([&] { read("sea\n" + std::string(line) + "\nsun\n"); },
                ThrowsMessage<Error>(HasSubstr("words.txt:2: expected one word in lower case; export the model again")))
        << line;
  }
}

TEST_F(KnownWordsTest, AreNeitherEndlessNorHuge) {
  EXPECT_THAT([&] { read(std::string(257, 'a')); }, ThrowsMessage<Error>(HasSubstr("words.txt:1: expected one word")));
  EXPECT_THAT([&] { read(std::string((16 << 20) + 1, '\n')); }, ThrowsMessage<Error>(HasSubstr("larger than 16 MiB")));
  EXPECT_THAT([] { KnownWords("/dev/zero"); }, ThrowsMessage<Error>("/dev/zero: is no regular file"));
}

TEST_F(KnownWordsTest, NamesAFileThatCanNotBeUsed) {
  EXPECT_THAT([&] { read(""); }, ThrowsMessage<Error>(HasSubstr("words.txt: has no words; export the model again")));
  EXPECT_THAT([&] { KnownWords(folder_ / "none.txt"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("none.txt"), HasSubstr("cannot be read"))));
}

}  // namespace
}  // namespace deepcache_gen
