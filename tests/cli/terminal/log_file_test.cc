#include "cli/terminal/log_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::ThrowsMessage;

TEST(LogFile, WritesALineWithTimeAndLevelAtOnce) {
  const TemporaryFolder folder;
  const LogFile log(folder / "log");
  log.write("note", "seed 7");
  EXPECT_THAT(read_text(folder / "log"),
              MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+[+-][0-9]+ note seed 7\n"));
}

TEST(LogFile, HoldsNoLinesOfOthers) {
  const TemporaryFolder folder;
  LogFile(folder / "log").write("note", "a\n2026 end done\x1b[2J");
  EXPECT_THAT(read_text(folder / "log"), MatchesRegex("[^\n]* note a\\\\n2026 end done\\\\x1b\\[2J\n"));
}

TEST(LogFile, AppendsToWhatIsThereAlsoWhereTwoWrite) {
  const TemporaryFolder folder;
  write_text(folder / "log", "before\n");
  const LogFile one(folder / "log"), other(folder / "log");
  one.write("note", "1");
  other.write("note", "2");
  one.write("note", "3");
  EXPECT_THAT(read_text(folder / "log"), MatchesRegex("before\n[^\n]* note 1\n[^\n]* note 2\n[^\n]* note 3\n"));
}

TEST(LogFile, SaysWhichFileCanNotBeWritten) {
  const TemporaryFolder folder;
  EXPECT_THAT([&] { LogFile(folder.path()); },
              ThrowsMessage<Error>(HasSubstr("--log-file '" + folder.path().string())));
  EXPECT_THAT([&] { LogFile(folder / "none/log"); }, ThrowsMessage<Error>(HasSubstr("No such file")));
}

TEST(LogFile, AFullDiskIsNoReasonToStop) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  const LogFile log("/dev/full");
  EXPECT_NO_THROW(log.write("note", "lost"));
}

}  // namespace
}  // namespace deepcache_gen
