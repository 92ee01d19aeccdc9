#include "cli/terminal/messages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

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
  EXPECT_THROW(log_how_it_ends(messages, configured, [] { throw UsageError("--steps 0: too few"); }), UsageError);
  EXPECT_THAT(read_text(folder / "log"), HasSubstr(" end --steps 0: too few (steps is set in my.toml)\n"));
}

}  // namespace
}  // namespace deepcache_gen
