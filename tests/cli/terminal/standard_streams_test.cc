#include "cli/terminal/standard_streams.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "support/environment_variable.h"
#include "support/error.h"

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

TEST(StandardStreamsDeathTest, TurnTheLargestSizeOfAFileIntoAnError) {
  EXPECT_EXIT(
      {
        prepare_standard_streams();
        rlimit smallest;
        smallest.rlim_cur = 1;
        smallest.rlim_max = RLIM_INFINITY;
        ::setrlimit(RLIMIT_FSIZE, &smallest);
        char name[] = "/tmp/deepcache-gen-test-XXXXXX";
        const int file = ::mkstemp(name);
        ::unlink(name);
        const bool refused = ::write(file, "xy", 2) == 1 && ::write(file, "z", 1) == -1 && errno == EFBIG;
        std::_Exit(refused ? kAsExpected : 1);
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

TEST(StandardStreamsDeathTest, EndWithTheReader) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  ::close(pipe[0]);
  const auto write_to_nobody = [&] {
    prepare_standard_streams();
    end_with_the_reader();
    const auto written = ::write(pipe[1], "x", 1);
    ::_exit(written == 1 ? 0 : 1);
  };
  EXPECT_EXIT(write_to_nobody(), testing::KilledBySignal(SIGPIPE), "");
}

// Both ends of a terminal.
class TerminalTest : public testing::Test {
 protected:
  TerminalTest() : ours_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    if (ours_ >= 0 && ::grantpt(ours_) == 0 && ::unlockpt(ours_) == 0)
      theirs_ = ::open(::ptsname(ours_), O_RDWR | O_NOCTTY);
  }
  ~TerminalTest() override {
    ::close(theirs_);
    ::close(ours_);
  }
  void SetUp() override {
    if (theirs_ < 0) GTEST_SKIP() << "no pseudo-terminals here";
  }

  int ours_;
  int theirs_ = -1;
};

TEST_F(TerminalTest, LinesAreRedrawnUnlessItIsDumb) {
  for (const char* term : {"xterm", "dumb"}) {
    const EnvironmentVariable variable("TERM", term);
    EXPECT_EQ(can_redraw_lines(theirs_), std::string(term) != "dumb");
  }
}

TEST_F(TerminalTest, WidthIsTheWindowsNow) {
  for (const unsigned short columns : {40, 132}) {
    const winsize size{24, columns, 0, 0};
    ASSERT_EQ(::ioctl(theirs_, TIOCSWINSZ, &size), 0);
    EXPECT_EQ(terminal_columns(theirs_), columns);
  }
}

TEST_F(TerminalTest, WidthThatNobodySetIsTheUsual) {
  const winsize unknown{};
  ASSERT_EQ(::ioctl(theirs_, TIOCSWINSZ, &unknown), 0);
  EXPECT_EQ(terminal_columns(theirs_), 80);
}

TEST(Terminal, AFileIsNone) {
  const int file = ::open("/dev/null", O_WRONLY);
  EXPECT_FALSE(can_redraw_lines(file));
  EXPECT_EQ(terminal_columns(file), 80);
  ::close(file);
}

TEST(Results, PrintsLines) {
  std::ostringstream out;
  const Results results(out);
  results.print("a.png");
  results.print("b.png");
  EXPECT_EQ(out.str(), "a.png\nb.png\n");
}

TEST(Results, ReportsAFullDisk) {
  std::ofstream full("/dev/full");
  const Results results(full);
  EXPECT_THAT([&] { results.print("a.png"); },
              testing::ThrowsMessage<Error>(testing::HasSubstr("standard output: cannot be written: No space left")));
}

}  // namespace
}  // namespace deepcache_gen
