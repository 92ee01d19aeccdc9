#include "cli/options/arguments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

// As POSIX.1-2017, Shell Command Language, 2.2, has them.
TEST(ShellWords, AreSplitAtBlanks) {
  EXPECT_THAT(split_shell_words("  a\tb  c "), ElementsAre("a", "b", "c"));
  EXPECT_THAT(split_shell_words(" \t"), IsEmpty());
}

TEST(ShellWords, QuotesKeepThingsTogether) {
  EXPECT_THAT(split_shell_words(R"(-n "two people" 'a "b"' x"y z"'w' "" '')"),
              ElementsAre("-n", "two people", "a \"b\"", "xy zw", "", ""));
}

TEST(ShellWords, BackslashesMeanTheNextCharacter) {
  EXPECT_THAT(split_shell_words(R"(a\ b \" "\"\\" "\n" '\')"), ElementsAre("a b", "\"", "\"\\", "\\n", "\\"));
}

TEST(ShellWords, NothingIsExpanded) {
  EXPECT_THAT(split_shell_words(R"x($HOME * ~ "$(rm x)" `y`)x"), ElementsAre("$HOME", "*", "~", "$(rm x)", "`y`"));
}

TEST(ShellWords, AQuoteMustBeClosed) {
  EXPECT_THAT([] { split_shell_words("a 'b"); }, ThrowsMessage<UsageError>(HasSubstr("is not closed")));
}

}  // namespace
}  // namespace deepcache_gen
