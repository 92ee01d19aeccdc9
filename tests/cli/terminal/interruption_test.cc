#include "cli/terminal/interruption.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace deepcache_gen {
namespace {

constexpr int kSurvived = 77;

// Each body runs in a process of its own, so that no signal handler stays behind.
TEST(InterruptionDeathTest, EndsAtOnceUntilItIsDeferred) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    EXPECT_EXIT(
        {
          exit_when_interrupted();
          std::raise(signal);
          std::_Exit(kSurvived);
        },
        testing::ExitedWithCode(kExitInterrupted), "");
  }
}

TEST(InterruptionDeathTest, OnlyTakesNoteOfTheFirstDeferredSignal) {
  EXPECT_EXIT(
      {
        exit_when_interrupted();
        defer_interruption();
        const bool before = interrupted();
        std::raise(SIGINT);
        std::_Exit(!before && interrupted() ? kSurvived : 1);
      },
      testing::ExitedWithCode(kSurvived), "");
}

TEST(InterruptionDeathTest, EndsAtTheSecondSignal) {
  EXPECT_EXIT(
      {
        exit_when_interrupted();
        defer_interruption();
        std::raise(SIGINT);
        std::raise(SIGTERM);
        std::_Exit(kSurvived);
      },
      testing::ExitedWithCode(kExitInterrupted), "");
}

// The shell and the kernel both tell of a terminal that went away.
TEST(InterruptionDeathTest, TakesARepeatedHangUpForOne) {
  EXPECT_EXIT(
      {
        exit_when_interrupted();
        defer_interruption();
        std::raise(SIGHUP);
        std::raise(SIGHUP);
        std::_Exit(interrupted() ? kSurvived : 1);
      },
      testing::ExitedWithCode(kSurvived), "");
}

TEST(InterruptionDeathTest, EndsAtASignalAfterAHangUp) {
  EXPECT_EXIT(
      {
        exit_when_interrupted();
        defer_interruption();
        std::raise(SIGHUP);
        std::raise(SIGTERM);
        std::_Exit(kSurvived);
      },
      testing::ExitedWithCode(kExitInterrupted), "");
}

TEST(InterruptionDeathTest, LeavesAHangUpIgnoredThatIs) {
  EXPECT_EXIT(
      {
        std::signal(SIGHUP, SIG_IGN);
        exit_when_interrupted();
        std::raise(SIGHUP);
        std::_Exit(kSurvived);
      },
      testing::ExitedWithCode(kSurvived), "");
}

}  // namespace

}  // namespace deepcache_gen
