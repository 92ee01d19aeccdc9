#include "cli/prompts/prompt_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <string_view>
#include <thread>

#include "support/error.h"
#include "support/interrupted.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class ReadPromptList : public testing::Test {
 protected:
  PromptList read(const std::string& name, const std::string& text) {
    write_text(folder_ / name, text);
    return read_prompt_list((folder_ / name).string(), {});
  }

  TemporaryFolder folder_;
};

TEST_F(ReadPromptList, SortsGoodLinesFromBad) {
  const PromptList list = read("p", "a barn\n\na --setps 2\na cat");
  ASSERT_EQ(list.entries.size(), 2u);
  EXPECT_EQ(list.entries[1].source, (folder_ / "p").string() + ":4");
  ASSERT_EQ(list.bad_lines.size(), 1u);
  EXPECT_EQ(list.bad_lines[0].item, 1);
}

TEST_F(ReadPromptList, TheExtensionDecidesTheFormat) {
  EXPECT_EQ(read("p.txt", "{a barn}").entries.size(), 1u);
  EXPECT_EQ(read("p.jsonl", "a barn").bad_lines.size(), 1u);
  EXPECT_EQ(read("p.list", "{\"prompt\": \"a barn\"}").entries.at(0).request.prompt, "a barn");
}

TEST_F(ReadPromptList, GoesOnAfterALineThatIsTooLong) {
  const PromptList list = read("p", "a barn\n" + std::string(3 << 20, 'a') + "\na cat");
  ASSERT_EQ(list.bad_lines.size(), 1u);
  EXPECT_EQ(list.bad_lines[0].problem, "the line is longer than 1 MiB");
  ASSERT_EQ(list.entries.size(), 2u);
  EXPECT_EQ(list.entries[1].source, (folder_ / "p").string() + ":3");
}

TEST_F(ReadPromptList, EndsWhereALineDoesNot) {
  EXPECT_THAT([] { read_prompt_list("/dev/zero", {}); },
              ThrowsMessage<Error>(HasSubstr("/dev/zero: has a line of more than 64 MiB")));
}

TEST_F(ReadPromptList, MayComeThroughAPipe) {
  const std::filesystem::path pipe = folder_ / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const std::jthread writer([&] { write_text(pipe, "a barn\na cat\n"); });
  EXPECT_EQ(read_prompt_list(pipe.string(), {}).entries.size(), 2u);
}

TEST_F(ReadPromptList, RejectsWhatHoldsNoPrompt) {
  EXPECT_THAT([&] { read("p", "# nothing\n"); }, ThrowsMessage<UsageError>(HasSubstr("holds no prompt")));
  EXPECT_THAT([&] { read_prompt_list((folder_ / "none").string(), {}); },
              ThrowsMessage<Error>(HasSubstr("No such file")));
  EXPECT_THAT([&] { read_prompt_list(folder_.path().string(), {}); },
              ThrowsMessage<Error>(HasSubstr("Is a directory")));
}

class PromptStreamTest : public testing::Test {
 protected:
  PromptStreamTest() {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    read_end_ = ends[0];
    write_end_ = ends[1];
    stream_.emplace(read_end_, "stdin", PictureRequest{}, [this] { return interrupted_.load(); });
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
    return line ? std::get<PictureRequest>(*line).request.prompt : "<none>";
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
