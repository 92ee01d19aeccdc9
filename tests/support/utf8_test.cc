#include "support/utf8.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(Utf8, ReadsAndWritesOneToFourBytes) {
  const std::string text = "a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  EXPECT_EQ(decode_utf8(text), U"a\u00E9\u20AC\U0001F600");
  EXPECT_EQ(encode_utf8(U"a\u00E9\u20AC\U0001F600"), text);
  EXPECT_NO_THROW(require_utf8(text));
}

TEST(Utf8, TakesAZeroByteAsACharacter) {
  EXPECT_EQ(decode_utf8(std::string_view("a\0b", 3)), std::u32string_view(U"a\0b", 3));
  EXPECT_NO_THROW(require_utf8(std::string_view("a\0b", 3)));
}

TEST(Utf8, ReplacesBadBytesOneByOne) { EXPECT_EQ(decode_utf8("\x80\xBF z\xC3"), U"\uFFFD\uFFFD z\uFFFD"); }

TEST(Utf8, NamesTheFirstBadByte) {
  EXPECT_THAT([] { require_utf8("caf\xE9 au lait"); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("not valid UTF-8 at byte 3"), HasSubstr("0xE9"))));
  EXPECT_THAT([] { require_utf8("\xC3\xA9\xC3"); }, ThrowsMessage<UsageError>(HasSubstr("at byte 2 (0xC3)")));
}

TEST(Utf8, RefusesSurrogatesOverlongFormsAndWhatIsBeyondUnicode) {
  for (const char* bad : {"\xED\xA0\x80", "\xC0\x80", "\xE0\x80\xAF", "\xF4\x90\x80\x80", "\xFF"}) {
    EXPECT_THROW(require_utf8(bad), UsageError) << bad;
  }
}

}  // namespace
}  // namespace deepcache_gen
