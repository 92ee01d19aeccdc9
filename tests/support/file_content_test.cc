#include "support/file_content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::EndsWith;
using testing::ThrowsMessage;

class FileContent : public testing::Test {
 protected:
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "file";
};

TEST_F(FileContent, IsAllThatTheFileHolds) {
  const std::string content(200'000, '\0');
  write_text(file_, content);
  EXPECT_EQ(read_regular_file(file_, content.size()), content);
  EXPECT_EQ(read_any_file(file_, content.size()), content);
  write_text(file_, "");
  EXPECT_EQ(read_regular_file(file_, 0), "");
}

TEST_F(FileContent, IsBounded) {
  write_text(file_, "abcd");
  EXPECT_THAT([&] { read_regular_file(file_, 3); },
              ThrowsMessage<Error>(EndsWith("file: is larger than 3 bytes, which is "
                                            "more than such a file needs")));
  EXPECT_THAT([&] { read_any_file("/dev/zero", 1 << 20); }, ThrowsMessage<Error>(testing::HasSubstr("than 1 MiB,")));
}

TEST_F(FileContent, OfAPipeOrADeviceIsNotWaitedFor) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  for (const std::filesystem::path& file : {file_, folder_.path(), std::filesystem::path("/dev/zero")}) {
    EXPECT_THAT([&] { read_regular_file(file, 10); }, ThrowsMessage<Error>(EndsWith(": is no regular file")));
  }
}

TEST_F(FileContent, MayComeThroughAPipeThatTheUserNamed) {
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  const std::jthread writer([&] { write_text(file_, "abc"); });
  EXPECT_EQ(read_any_file(file_, 3), "abc");
}

TEST_F(FileContent, ThatCanNotBeReadIsSaid) {
  EXPECT_THAT([&] { read_regular_file(file_, 10); },
              ThrowsMessage<Error>(EndsWith("cannot be read: No such file or directory")));
  EXPECT_THAT([&] { read_any_file(folder_.path(), 10); },
              ThrowsMessage<Error>(EndsWith("cannot be read: Is a directory")));
}

}  // namespace
}  // namespace deepcache_gen
