#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/options/help_page.h"
#include "cli/options/option_table.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;

TEST(OptionsMarkdown, HasEveryFlagAndCommand) {
  const std::string page = options_markdown();
  for (const Option& option : option_table()) {
    for (const std::string& name : option.split_names()) EXPECT_THAT(page, HasSubstr("`" + name + "`"));
    EXPECT_THAT(page, HasSubstr("\n## " + option.topic + "\n"));
  }
  for (const Command& command : command_table()) EXPECT_THAT(page, HasSubstr("| `" + command.name));
  EXPECT_THAT(page, HasSubstr("| `-n`, `--negative-prompt` TEXT | "));
}

TEST(OptionsMarkdown, HasTwoCellsInEveryRow) {
  std::istringstream lines(options_markdown());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with('|') || line.starts_with("|---")) continue;
    int bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i) bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\') ? 1 : 0;
    EXPECT_EQ(bars, 3) << line;
  }
}

}  // namespace
}  // namespace deepcache_gen
