#include "support/atomic_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

const std::vector<std::uint8_t> kBytes{'n', 'e', 'w', 0, 255};
const std::string kText("new\0\xFF", 5);

TEST(WriteFileAtomically, MakesParentsAndLeavesNothingElse) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "a/b/file", kBytes);
  EXPECT_EQ(read_text(folder / "a/b/file"), kText);
  EXPECT_EQ(entries(folder / "a/b"), 1);
}

TEST(WriteFileAtomically, ReplacesAFile) {
  const TemporaryFolder folder;
  write_text(folder / "file", "old and longer");
  write_file_atomically(folder / "file", kBytes);
  EXPECT_EQ(read_text(folder / "file"), kText);
}

TEST(WriteFileAtomically, TakesWhatOthersWriteOrPutThere) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "file", [](const std::filesystem::path& temporary) { write_text(temporary, "new"); });
  EXPECT_EQ(read_text(folder / "file"), "new");
  write_file_atomically(folder / "file", [](const std::filesystem::path& temporary) {
    write_text(temporary.string() + ".part", "newer");
    std::filesystem::rename(temporary.string() + ".part", temporary);
  });
  EXPECT_EQ(read_text(folder / "file"), "newer");
  EXPECT_EQ(entries(folder.path()), 1);
}

TEST(WriteFileAtomically, LeavesNothingOfWhatOthersFailToWrite) {
  const TemporaryFolder folder;
  const auto failing = [](const std::filesystem::path& temporary) {
    write_text(temporary, "half");
    throw Error("no more");
  };
  EXPECT_THROW(write_file_atomically(folder / "file", failing), Error);
  EXPECT_EQ(entries(folder.path()), 0);
}

TEST(WriteFileAtomically, TakesTheLongestFileName) {
  const TemporaryFolder folder;
  write_file_atomically(folder / std::string(255, 'x'), kBytes);
  EXPECT_EQ(entries(folder.path()), 1);
}

TEST(WriteFileAtomically, FollowsTheUmask) {
  const TemporaryFolder folder;
  const mode_t mask = ::umask(027);
  write_file_atomically(folder / "file", kBytes);
  EXPECT_EQ(::umask(mask), mode_t{027});
  EXPECT_EQ(static_cast<unsigned>(std::filesystem::status(folder / "file").permissions()), 0640u);
}

// Umask belongs to the process: changed for a moment by one thread, it would let others make files for everybody.
TEST(WriteFileAtomically, ChangesNoUmaskForOtherThreads) {
  const TemporaryFolder folder;
  const mode_t mask = ::umask(077);
  {
    const std::jthread writer([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) write_file_atomically(folder / "file", kBytes);
    });
    for (int i = 0; i < 2000; ++i) {
      const std::filesystem::path other = folder / std::to_string(i);
      const int fd = ::open(other.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
      ASSERT_GE(fd, 0);
      ::close(fd);
      ASSERT_EQ(static_cast<unsigned>(std::filesystem::status(other).permissions()), 0600u);
    }
  }
  ::umask(mask);
}

TEST(WriteFileAtomically, NamesPathAndReasonAndLeavesNothing) {
  const TemporaryFolder folder;
  write_text(folder / "a_file", "kept");
  EXPECT_THAT([&] { write_file_atomically(folder / "a_file/below", kBytes); },
              ThrowsMessage<Error>(AllOf(HasSubstr("a_file/below"), HasSubstr("Not a directory"))));
  std::filesystem::create_directory(folder / "a_folder");
  EXPECT_THAT([&] { write_file_atomically(folder / "a_folder", kBytes); },
              ThrowsMessage<Error>(AllOf(HasSubstr("a_folder"), HasSubstr("Is a directory"))));
  EXPECT_EQ(entries(folder.path()), 2);
  EXPECT_EQ(read_text(folder / "a_file"), "kept");
}

TEST(RequireWritable, MakesTheParentsOnly) {
  const TemporaryFolder folder;
  require_writable(folder / "a/b/x.png");
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a/b"));
  EXPECT_EQ(entries(folder / "a/b"), 0);
}

TEST(RequireWritable, LeavesAFileThatIsThere) {
  const TemporaryFolder folder;
  write_text(folder / "x.png", "old");
  require_writable(folder / "x.png");
  EXPECT_EQ(read_text(folder / "x.png"), "old");
}

// Not by permissions, which do not hold for root: nobody makes files in /proc.
TEST(RequireWritable, NamesPathAndReason) {
  const TemporaryFolder folder;
  write_text(folder / "a_file", "");
  std::filesystem::create_directory(folder / "x.png");
  EXPECT_THAT([&] { require_writable(folder / "a_file/x.png"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("a_file/x.png"), HasSubstr("Not a directory"))));
  EXPECT_THAT([&] { require_writable(folder / "x.png"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("x.png"), HasSubstr("Is a directory"))));
  EXPECT_THAT([] { require_writable("/proc/x.png"); },
              ThrowsMessage<Error>(HasSubstr("/proc/x.png: cannot be written")));
}

}  // namespace
}  // namespace deepcache_gen
