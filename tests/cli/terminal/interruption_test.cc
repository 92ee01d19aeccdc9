#include "cli/terminal/interruption.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

#include "cli/terminal/exit_code.h"

namespace deepcache_gen {
namespace {

constexpr int kSurvived = 77;

// Each body runs in a process of its own, so that no signal handler stays behind.
TEST(InterruptionDeathTest, EndsAtOnceUntilItIsDeferred) {
  for (const int signal : {SIGINT, SIGTERM}) {
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

}  // namespace
}  // namespace deepcache_gen
