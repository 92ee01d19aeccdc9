#include "pipeline/style_note.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

StyleNote note_of(const std::vector<GenerationSettings>& requests) {
  StyleNote note;
  for (const GenerationSettings& settings : requests) note.add(settings);
  return note;
}

TEST(StyleNote, NamesWhatAnotherStyleWouldRead) {
  EXPECT_EQ(
      note_of({{.prompt = "a (cat:1.3)"}}).text(),
      "the prompt has a weight ('cat', 1.3), which is read as text; --prompt-style a1111 reads it as AUTOMATIC1111 "
      "does");
  EXPECT_EQ(note_of({{.prompt = "a"}, {.prompt = "a BREAK b"}, {.prompt = "[c]"}}).text(),
            "2 of 3 prompts have what is read as text, the first BREAK; --prompt-style a1111 reads it as AUTOMATIC1111 "
            "does");
}

TEST(StyleNote, SaysNothingWhereThereIsNothingToSay) {
  EXPECT_EQ(note_of({}).text(), "");
  EXPECT_EQ(note_of({{.prompt = "a cat, \\(b\\)"}}).text(), "");
  EXPECT_EQ(note_of({{.prompt = "(cat)", .prompt_style = PromptStyle::a1111}}).text(), "");
}

TEST(StyleNote, ANegativePromptCountsWithGuidanceOnly) {
  EXPECT_EQ(note_of({{.prompt = "a", .negative_prompt = "(b)"}}).text(), "");
  EXPECT_NE(note_of({{.prompt = "a", .negative_prompt = "(b)", .guidance_scale = 7}}).text(), "");
}

}  // namespace
}  // namespace deepcache_gen
