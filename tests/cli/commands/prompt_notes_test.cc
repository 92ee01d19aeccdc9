#include "cli/commands/prompt_notes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/output/example_run.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::ThrowsMessage;

class PromptNotesTest : public testing::Test {
 protected:
  PromptNotesTest() { write_text(folder_ / "words.txt", "a\nboat\n"); }

  // The pictures of one prompt.
  void add(PromptNotes& note, const std::string& prompt, int images = 1) const {
    GenerationPlan plan = example_plan(images);
    plan.settings.prompt = prompt;
    Picture picture = example_picture("a.png", 0, plan);
    for (; picture.index < images; ++picture.index) note.add(picture);
  }

  std::string said(const PromptNotes& note, Verbosity verbosity = Verbosity::normal) const {
    std::ostringstream out;
    MessageOptions options;
    options.verbosity = verbosity;
    note.say(Messages(out, options));
    return out.str();
  }

  std::string said_of(const std::string& prompt) const {
    PromptNotes note(model_);
    add(note, prompt);
    return said(note);
  }

  TemporaryFolder folder_;
  ModelInfo model_{.folder = folder_.path(), .name = "tiny", .known_words = KnownWordsInfo{"seascapes", "words.txt"}};
};

TEST_F(PromptNotesTest, NamesTheWordsOfAPrompt) {
  EXPECT_EQ(said_of("a cat playing chess, a cat"),
            "tiny: this model only knows seascapes; words it does not know: 'cat', 'playing', 'chess'\n");
  EXPECT_EQ(said_of("two boats"), "tiny: this model only knows seascapes; words it does not know: 'two'\n");
}

TEST_F(PromptNotesTest, NamesEmbeddingsThatNoPromptHas) {
  model_.known_words.reset();
  PromptNotes note(model_);
  for (const bool is_used : {true, false}) {
    GenerationPlan plan = example_plan(1);
    plan.settings.unused_embeddings = {"never", is_used ? "other" : "once"};
    if (is_used) plan.settings.embeddings = {{.token = "once", .file = {}, .sha256 = {}}};
    note.add(example_picture("a.png", 0, plan));
  }
  EXPECT_EQ(said(note),
            "deepcache-gen: warning: --embedding: no prompt has the token 'never', so that it has no effect\n"
            "deepcache-gen: warning: --embedding: no prompt has the token 'other', so that it has no effect\n");
}

TEST_F(PromptNotesTest, SaysNothingWhereThereIsNothingToSay) {
  EXPECT_EQ(said_of("a boat"), "");
  EXPECT_EQ(said_of(""), "");
  model_.known_words.reset();
  EXPECT_EQ(said_of("a cat"), "") << "this model does not say what it knows";
}

TEST_F(PromptNotesTest, CountsThePromptsOfAList) {
  PromptNotes note(model_);
  add(note, "a cat", 3);
  add(note, "a boat");
  add(note, "a cat, a dog");
  EXPECT_EQ(said(note),
            "tiny: this model only knows seascapes; words it does not know, in 2 of 3 prompts: 'cat', 'dog'\n");
  EXPECT_EQ(said(note, Verbosity::quiet), "");
}

TEST_F(PromptNotesTest, NamesTheFirstEightWords) {
  EXPECT_THAT(said_of("b c d e f g h i"), EndsWith(": 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'\n"));
  EXPECT_THAT(said_of("b c d e f g h i j b j k"), EndsWith("'g', 'h', 'i' and 2 more\n"));
}

TEST_F(PromptNotesTest, ShortensLongWordsBetweenCharacters) {
  std::string word;
  for (int i = 0; i < 30; ++i) word += "\u732B";
  EXPECT_THAT(said_of(word), EndsWith(": '" + word.substr(0, 24 * 3) + "...'\n"));
  EXPECT_THAT(said_of(word.substr(0, 24 * 3)), EndsWith(": '" + word.substr(0, 24 * 3) + "'\n"));
}

TEST_F(PromptNotesTest, AListOfWordsThatIsNoneIsAnError) {
  write_text(folder_ / "words.txt", "A boat\n");
  EXPECT_THAT([&] { PromptNotes{model_}; }, ThrowsMessage<Error>(HasSubstr("words.txt:1: ")));
}

}  // namespace
}  // namespace deepcache_gen
