#include "support/shell_word.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

// What bash makes of it.
std::string read_by_bash(const std::string& word) {
  const TemporaryFolder folder;
  write_text(folder / "script", "printf '%s|' " + word + " >" + (folder / "words").string() + "\n");
  if (std::system(("bash " + (folder / "script").string()).c_str()) != 0) return "bash failed";
  return read_text(folder / "words");
}

TEST(ShellWord, IsWhatAShellTakesForOneWord) {
  for (const std::string text :
       {"a b", "it's", "$(date)", "`date`", "a;b", "a\\b", "~/x", "-n", "*", "\"", "é ü", "a&b", "a\nb", "a\033[2J",
        "a\xff"
        "b",
        "'\n'",
        "\001"
        "7",
        "a\xe2\x80\xae"
        "b"}) {
    EXPECT_EQ(read_by_bash(shell_word(text)), text + "|") << shell_word(text);
  }
  EXPECT_EQ(read_by_bash(shell_word("")), "|");
}

TEST(ShellWord, LeavesPlainPathsAsTheyAre) {
  EXPECT_EQ(shell_word("models/v1-5_pruned.safetensors"), "models/v1-5_pruned.safetensors");
  EXPECT_EQ(shell_word("a b"), "'a b'");
}

TEST(ShellWord, HasNoCharactersThatRuleATerminal) { EXPECT_EQ(shell_word("a\n\033"), "$'a\\012\\033'"); }

}  // namespace
}  // namespace deepcache_gen
