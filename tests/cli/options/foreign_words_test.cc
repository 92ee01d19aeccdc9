#include "cli/options/foreign_words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/options/arguments.h"
#include "cli/options/option_table.h"
#include "support/error.h"
#include "support/file_content.h"

namespace deepcache_gen {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

std::string reason_against(const std::string& word) {
  try {
    reject_unknown(word, option_table());
  } catch (const UsageError& error) {
    return error.what();
  }
}

TEST(ForeignWords, AreNoneOfOursAndSaidOnce) {
  std::vector<std::string_view> seen;
  const std::vector<Option> options = option_table();
  for (const ForeignWord& row : foreign_words()) {
    EXPECT_EQ(find_option(options, std::string(row.word)), nullptr) << row.word;
    EXPECT_EQ(find_command(std::string(row.word)), nullptr) << row.word;
    EXPECT_THAT(seen, Not(Contains(row.word)));
    seen.push_back(row.word);
  }
}

TEST(ForeignWords, MeanAFlagOrSayWhatElse) {
  const std::vector<Option> options = option_table();
  for (const ForeignWord& row : foreign_words()) {
    EXPECT_NE(row.ours.empty(), row.remark.empty()) << row.word;
    if (row.ours.empty()) continue;
    EXPECT_NE(find_option(options, std::string(row.ours)), nullptr) << row.ours;
  }
}

TEST(ForeignWords, AreTakenForOurs) {
  for (const char* word : {"--num-inference-steps", "--num_inference_steps", "--ddim_steps"}) {
    const std::vector<Argument> arguments = split_arguments({word, "20"}, option_table());
    ASSERT_EQ(arguments.size(), 1U) << word;
    ASSERT_NE(arguments[0].option, nullptr) << word;
    EXPECT_EQ(arguments[0].flag, "--steps");
    EXPECT_EQ(arguments[0].text, "20");
  }
  EXPECT_EQ(split_arguments({"--cfg_scale=3"}, option_table()).at(0).option->long_name(), "--cfg-scale");
}

TEST(ForeignWords, AreSaidToBeElsewhere) {
  EXPECT_EQ(reason_against("--type"),
            "unknown flag '--type': weights are not quantised; use --dtype fp32, fp16 or bf16");
  EXPECT_THAT(reason_against("-M"), HasSubstr("follows from the flags"));
  EXPECT_THAT(reason_against("serve"), HasSubstr("--prompts -"));
  EXPECT_THAT(reason_against("a lighthouse"), HasSubstr("-p TEXT"));
}

TEST(ForeignWords, StandInThePage) {
  EXPECT_THAT(read_regular_file(GOLDEN_DIR "/../../docs/coming-from.md", 1 << 20),
              HasSubstr("\n" + foreign_words_markdown()));
}

}  // namespace
}  // namespace deepcache_gen
