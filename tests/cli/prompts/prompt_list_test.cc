#include "cli/prompts/prompt_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "support/error.h"
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
  EXPECT_EQ(read("p.list", "{\"prompt\": \"a barn\"}").entries.at(0).picture.request.prompt, "a barn");
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

}  // namespace
}  // namespace deepcache_gen
