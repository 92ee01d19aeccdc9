#include "support/growing_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string_view>

#include "support/atomic_file.h"
#include "support/error.h"
#include "support/largest_file.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(GrowingFile, GrowsInPlace) {
  const TemporaryFolder folder;
  GrowingFile file(folder / "new/file", bytes("1:a"));
  EXPECT_EQ(read_text(folder / "new/file"), "1:a");
  std::filesystem::create_hard_link(folder / "new/file", folder / "link");
  file.append(bytes("bc"));
  EXPECT_EQ(read_text(folder / "new/file"), "1:abc") << "what counts is said later";
  file.replace_start(bytes("3"));
  EXPECT_EQ(read_text(folder / "new/file"), "3:abc");
  EXPECT_EQ(read_text(folder / "link"), "3:abc") << "it is the same file, not a copy";
  EXPECT_EQ(entries(folder / "new"), 1);
}

TEST(GrowingFile, ReplacesAnOlderFileAsAWhole) {
  const TemporaryFolder folder;
  write_text(folder / "file", "older and longer");
  std::filesystem::create_hard_link(folder / "file", folder / "older");
  GrowingFile(folder / "file", bytes("1:a")).append(bytes("b"));
  EXPECT_EQ(read_text(folder / "file"), "1:ab");
  EXPECT_EQ(read_text(folder / "older"), "older and longer");
}

TEST(GrowingFile, StaysAsItWasWhereAllOfItFindsNoRoom) {
  const TemporaryFolder folder;
  GrowingFile file(folder / "file", bytes("1:a"));
  {
    const LargestFile limit(5);
    EXPECT_THAT([&] { file.append(bytes("bcd")); },
                ThrowsMessage<Error>(AllOf(HasSubstr((folder / "file").string()), HasSubstr("File too large"))));
    EXPECT_EQ(read_text(folder / "file"), "1:a");
  }
  file.append(bytes("bcd"));
  EXPECT_EQ(read_text(folder / "file"), "1:abcd");
}

TEST(GrowingFile, SaysThatAnotherHasItsName) {
  const TemporaryFolder folder;
  GrowingFile file(folder / "file", bytes("1:a"));
  write_file_atomically(folder / "file", bytes("other"));
  EXPECT_THAT([&] { file.append(bytes("b")); }, ThrowsMessage<Error>(HasSubstr("was taken away")));
  EXPECT_EQ(read_text(folder / "file"), "other");
}

TEST(GrowingFile, SaysThatItIsNoMoreThere) {
  const TemporaryFolder folder;
  GrowingFile file(folder / "file", bytes("1:a"));
  std::filesystem::remove(folder / "file");
  EXPECT_THAT([&] { file.append(bytes("b")); }, ThrowsMessage<Error>(HasSubstr("was taken away")));
}

TEST(GrowingFile, NamesPathAndReason) {
  const TemporaryFolder folder;
  write_text(folder / "a_file", "");
  EXPECT_THAT([&] { GrowingFile(folder / "a_file/below", bytes("a")); },
              ThrowsMessage<Error>(AllOf(HasSubstr("a_file/below"), HasSubstr("Not a directory"))));
}

}  // namespace
}  // namespace deepcache_gen
