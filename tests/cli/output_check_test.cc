#include "cli/output_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../support/temporary_folder.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(RequireWritable, MakesTheParentsOnly) {
  const TemporaryFolder folder;
  require_writable(folder / "a/b/x.png");
  EXPECT_TRUE(std::filesystem::is_directory(folder / "a/b"));
  EXPECT_EQ(entries(folder / "a/b"), 0);
  require_writable("x.png");
}

TEST(RequireWritable, AcceptsAFileThatIsThere) {
  const TemporaryFolder folder;
  write_text(folder / "x.png", "old");
  require_writable(folder / "x.png");
  EXPECT_EQ(read_text(folder / "x.png"), "old");
}

TEST(RequireWritable, NamesWhatIsInTheWay) {
  const TemporaryFolder folder;
  write_text(folder / "file", "");
  std::filesystem::create_directory(folder / "x.png");
  EXPECT_THAT([&] { require_writable(folder / "file/x.png"); },
              ThrowsMessage<Error>(HasSubstr("file: is not a folder")));
  EXPECT_THAT([&] { require_writable(folder / "file/sub/x.png"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("file/sub"), HasSubstr("Not a directory"))));
  EXPECT_THAT([&] { require_writable(folder / "x.png"); }, ThrowsMessage<Error>(HasSubstr("x.png: is a folder")));
}

}  // namespace
}  // namespace deepcache_gen
