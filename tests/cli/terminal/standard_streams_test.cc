#include "cli/terminal/standard_streams.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace deepcache_gen {
namespace {

constexpr int kAsExpected = 77;

// Each body runs in a process of its own, whose streams it spoils.
TEST(StandardStreamsDeathTest, KeepTheNumberOfAClosedStream) {
  EXPECT_EXIT(
      {
        ::close(STDOUT_FILENO);
        prepare_standard_streams();
        const bool kept = ::open("/dev/null", O_WRONLY) > STDERR_FILENO;
        const bool refused = ::write(STDOUT_FILENO, "x", 1) == -1 && errno == EBADF;
        std::_Exit(kept && refused ? kAsExpected : 1);
      },
      testing::ExitedWithCode(kAsExpected), "");
}

TEST(StandardStreamsDeathTest, TurnAClosedPipeIntoAnError) {
  EXPECT_EXIT(
      {
        prepare_standard_streams();
        int ends[2];
        const bool made = ::pipe(ends) == 0 && ::close(ends[0]) == 0;
        const bool refused = ::write(ends[1], "x", 1) == -1 && errno == EPIPE;
        std::_Exit(made && refused ? kAsExpected : 1);
      },
      testing::ExitedWithCode(kAsExpected), "");
}

}  // namespace
}  // namespace deepcache_gen
