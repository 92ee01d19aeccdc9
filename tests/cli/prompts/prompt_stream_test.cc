#include "cli/prompts/prompt_stream.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string_view>
#include <thread>

#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

class PromptStreamTest : public testing::Test {
 protected:
  PromptStreamTest() {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    read_end_ = ends[0];
    write_end_ = ends[1];
    stream_.emplace(read_end_, "stdin", PictureOptions{}, [this] { return interrupted_.load(); });
  }
  ~PromptStreamTest() override {
    ::close(read_end_);
    hang_up();
  }

  void send(std::string_view text) {
    ASSERT_EQ(::write(write_end_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void hang_up() {
    if (write_end_ >= 0) ::close(write_end_);
    write_end_ = -1;
  }
  std::string next_prompt(bool wait) {
    const std::optional<PromptLine> line = stream_->next([&] { return wait; });
    return line ? std::get<PromptEntry>(*line).picture.request.prompt : "<none>";
  }

  int read_end_, write_end_;
  std::atomic<bool> interrupted_ = false;
  std::optional<PromptStream> stream_;
};

TEST_F(PromptStreamTest, HandsOutLinesAsTheyArrive) {
  EXPECT_EQ(next_prompt(false), "<none>");
  EXPECT_FALSE(stream_->ended());
  send("a barn\n\n# no prompt\na c");
  EXPECT_EQ(next_prompt(true), "a barn");
  EXPECT_EQ(next_prompt(false), "<none>") << "half a line";
  send("at\n");
  EXPECT_EQ(next_prompt(true), "a cat");
}

TEST_F(PromptStreamTest, EndsWithTheLastLineNewlineOrNot) {
  send("a barn\na cat");
  hang_up();
  EXPECT_EQ(next_prompt(true), "a barn");
  EXPECT_EQ(next_prompt(true), "a cat");
  EXPECT_EQ(next_prompt(true), "<none>");
  EXPECT_TRUE(stream_->ended());
}

TEST_F(PromptStreamTest, GoesOnAfterABadLine) {
  send("a barn --setps 3\na cat\n");
  EXPECT_TRUE(std::holds_alternative<BadLine>(*stream_->next([] { return true; })));
  EXPECT_EQ(next_prompt(true), "a cat");
}

TEST_F(PromptStreamTest, GoesOnAfterALineThatIsTooLong) {
  const std::jthread writer([this] {
    for (int i = 0; i < 40; ++i) send(std::string(1 << 16, 'a'));
    send("\n\n\na cat\n");
  });
  const std::optional<PromptLine> line = stream_->next([] { return true; });
  EXPECT_EQ(std::get<BadLine>(*line).problem, "the line is longer than 1 MiB");
  EXPECT_EQ(next_prompt(true), "a cat");
}

TEST_F(PromptStreamTest, StopsWaitingWhenInterrupted) {
  interrupted_ = true;
  EXPECT_THROW(stream_->next([] { return true; }), Interrupted);
}

TEST_F(PromptStreamTest, IsInterruptedThoughItsWriterWasToo) {
  const std::jthread shell([this] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    interrupted_ = true;
    hang_up();
  });
  EXPECT_THROW(stream_->next([] { return true; }), Interrupted);
}

}  // namespace
}  // namespace deepcache_gen
