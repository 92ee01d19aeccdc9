#include "cli/terminal/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

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

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

void say_everything(const Messages& messages) {
  messages.error("an error");
  messages.warning("a warning");
  messages.note("a note");
  messages.detail("a detail");
  messages.log_end("done");
}

std::string said(Verbosity verbosity) {
  std::ostringstream out;
  say_everything(Messages(out, {.verbosity = verbosity}));
  return out.str();
}

TEST(Messages, AreSaidAsLoudAsIsWanted) {
  const std::string always = "deepcache-gen: error: an error\ndeepcache-gen: warning: a warning\n";
  EXPECT_EQ(said(Verbosity::quiet), always);
  EXPECT_EQ(said(Verbosity::normal), always + "a note\n");
  EXPECT_EQ(said(Verbosity::verbose), always + "a note\na detail\n");
}

TEST(Messages, AreAllInTheLogHoweverQuietTheRun) {
  const TemporaryFolder folder;
  std::ostringstream out;
  say_everything(Messages(out, {.verbosity = Verbosity::quiet, .log_file = folder / "log"}));
  EXPECT_THAT(read_text(folder / "log"),
              AllOf(HasSubstr(" error an error\n"), HasSubstr(" warning a warning\n"), HasSubstr(" note a note\n"),
                    HasSubstr(" detail a detail\n"), HasSubstr(" end done\n")));
  EXPECT_THAT(out.str(), Not(HasSubstr("done")));
}

TEST(Messages, AreOneLineEachWhateverOthersWrote) {
  std::ostringstream out;
  Messages(out, {}).error("x\ndeepcache-gen: error: forged\x1b]0;title\x07");
  EXPECT_EQ(out.str(), "deepcache-gen: error: x\\ndeepcache-gen: error: forged\\x1b]0;title\\x07\n");
}

TEST(Messages, TheLogSaysHowARunEnded) {
  const TemporaryFolder folder;
  std::ostringstream out;
  const Messages messages(out, {.log_file = folder / "log"});
  log_how_it_ends(messages, {}, [] {});
  EXPECT_THROW(log_how_it_ends(messages, {}, [] { throw Error("no room"); }), Error);
  EXPECT_THAT(read_text(folder / "log"), testing::MatchesRegex("[^ ]+ end done\n[^ ]+ end no room\n"));
  EXPECT_EQ(out.str(), "") << "main says it";
}

TEST(Messages, TheLogSaysWhichFileAWrongFlagIsSetIn) {
  const TemporaryFolder folder;
  std::ostringstream out;
  const Messages messages(out, {.log_file = folder / "log"});
  const ConfiguredFlags configured{"my.toml", {{"--steps", "0"}}};
  EXPECT_THROW(log_how_it_ends(messages, configured, [] { throw UsageError("--steps", "--steps 0: too few"); }),
               UsageError);
  EXPECT_THAT(read_text(folder / "log"), HasSubstr(" end --steps 0: too few (steps is set in my.toml)\n"));
}

}  // namespace

}  // namespace deepcache_gen
