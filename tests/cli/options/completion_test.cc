#include "cli/options/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/options/option_table.h"

namespace deepcache_gen {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class CompletionScript : public testing::TestWithParam<const char*> {
 protected:
  bool is_fish() const { return std::string(GetParam()) == "fish"; }
  // As the shell's script writes it.
  std::string written(const std::string& name) const {
    if (!is_fish()) return name;
    return name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
};

TEST_P(CompletionScript, KnowsEveryFlagCommandAndChoice) {
  const std::string script = completion_script(GetParam());
  for (const Option& option : option_table()) {
    for (const std::string& name : option.split_names()) EXPECT_THAT(script, HasSubstr(written(name)));
    for (const std::string& choice : option.choices) EXPECT_THAT(script, HasSubstr(choice));
  }
  for (const Command& command : command_table()) {
    EXPECT_THAT(script, HasSubstr(command.name));
    for (const std::string& choice : command.choices) EXPECT_THAT(script, HasSubstr(choice));
  }
}

TEST_P(CompletionScript, SaysWhereItGoesAndEndsItsLastLine) {
  const std::string script = completion_script(GetParam());
  EXPECT_THAT(script, HasSubstr(std::string("# Completes deepcache-gen in ") + GetParam()));
  EXPECT_TRUE(script.ends_with('\n'));
  EXPECT_THAT(script, Not(HasSubstr("\n\n")));
}

INSTANTIATE_TEST_SUITE_P(Shells, CompletionScript, testing::Values("bash", "zsh", "fish"));

TEST(CompletionParts, FlagsWithAValueAreNamedOnce) {
  const std::vector<std::string> names = names_with_value();
  EXPECT_EQ(std::count(names.begin(), names.end(), "--interval"), 1) << "two rows have it";
  EXPECT_THAT(names, Contains("-o"));
  EXPECT_THAT(names, Not(Contains("--json")));
}

TEST(CompletionParts, FlagsOfACommandAreThoseThatHaveAMeaning) {
  EXPECT_THAT(names_of_flags(Action::bench), Contains("--rounds"));
  EXPECT_THAT(names_of_flags(Action::bench), Not(Contains("--prompt")));
  EXPECT_THAT(names_of_flags(Action::generate), Not(Contains("--rounds")));
}

TEST(CompletionParts, DescriptionsAreOneSentenceWithoutAStop) {
  EXPECT_EQ(one_sentence("CPU threads. Default: one per core."), "CPU threads");
  EXPECT_EQ(one_sentence("Denoising steps."), "Denoising steps");
  EXPECT_EQ(one_sentence("As 7.5"), "As 7.5");
}

TEST(CompletionParts, EscapesEachSpecialCharacter) { EXPECT_EQ(escaped("a:b[c]", ":[", "\\"), "a\\:b\\[c]"); }

}  // namespace

}  // namespace deepcache_gen
