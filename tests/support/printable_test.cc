#include "support/printable.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

TEST(Printable, LeavesTextAsItIs) {
  for (const char* text : {"", "a barn, \u6d77 \u05d0\u05d1 \u0645 \U0001F600 e\u0301", "C:\\x'\"$"}) {
    EXPECT_EQ(printable(text), text);
    EXPECT_FALSE(has_control_characters(text));
  }
}

TEST(Printable, SpellsOutWhatControlsATerminal) {
  EXPECT_EQ(printable("a\nb\tc\rd"), "a\\nb\\tc\\rd");
  EXPECT_EQ(printable("\x1b]0;title\x07\x7f"), "\\x1b]0;title\\x07\\x7f");
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("\u0080\u009b2J\u009f\u00a0"), "\\u0080\\u009b2J\\u009f\u00a0");
  EXPECT_EQ(printable("\u2027\u2028\u2029\u202a\u202e\u202f"), "\u2027\\u2028\\u2029\\u202a\\u202e\u202f");
  EXPECT_EQ(printable("\u2065\u2066\u2069\u206a"), "\u2065\\u2066\\u2069\u206a");
  for (const char* text : {"\n", "a\x1b", "\x7f", "\u009b", "\u202e", "\u2066"}) {
    EXPECT_TRUE(has_control_characters(text));
  }
}

TEST(Printable, SpellsOutBytesThatAreNoUtf8) {
  EXPECT_EQ(printable("a\xff\x9b\xc3"), "a\\xff\\x9b\\xc3");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80") << "a surrogate";
  EXPECT_EQ(printable("\xc1\x9b"), "\\xc1\\x9b") << "an overlong form";
  EXPECT_FALSE(has_control_characters("caf\xe9"));
}

TEST(Printable, IsShortenedBetweenCharacters) {
  EXPECT_EQ(shortened(std::string(60, 'a')), std::string(60, 'a'));
  EXPECT_EQ(shortened(std::string(61, 'a')), std::string(60, 'a') + "...");
  EXPECT_EQ(shortened(std::string(59, 'a') + "\u00e9"), std::string(59, 'a') + "...");
  EXPECT_EQ(shortened(std::string(57, 'a') + "\x1b"), std::string(57, 'a') + "...");
}

TEST(Printable, JsonMeansTheSame) {
  EXPECT_EQ(printable_json("{\"a\u009b\":\"\x7f\u202e\u6d77\"}"), "{\"a\\u009b\":\"\\u007f\\u202e\u6d77\"}");
}

}  // namespace
}  // namespace deepcache_gen
