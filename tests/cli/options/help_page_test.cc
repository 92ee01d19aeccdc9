#include "cli/options/help_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/options/option_table.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;

TEST(HelpPage, NamesEveryFlagAndExitCode) {
  const std::string page = help_page();
  for (const Option& option : option_table()) {
    for (const std::string& name : option.split_names()) EXPECT_THAT(page, HasSubstr(name));
    EXPECT_THAT(page, HasSubstr(option.topic + "\n"));
  }
  EXPECT_THAT(page, HasSubstr("-W, --width PIXELS"));
  EXPECT_THAT(page, HasSubstr("130 interrupted"));
}

TEST(HelpPage, FitsATerminal) {
  std::istringstream page(help_page());
  for (std::string line; std::getline(page, line);) EXPECT_LE(line.size(), 80u) << line;
}

}  // namespace
}  // namespace deepcache_gen
