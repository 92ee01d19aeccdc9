#include "cli/terminal/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "support/environment_variable.h"

namespace deepcache_gen {
namespace {

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

}  // namespace
}  // namespace deepcache_gen
