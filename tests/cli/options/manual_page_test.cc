#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "cli/options/help_page.h"
#include "cli/options/option_table.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;

std::vector<std::string> lines_of(const std::string& page) {
  std::istringstream stream(page);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// In man(7) a minus that people copy is written \-.
std::string with_minus(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '-' ? std::string("\\-") : std::string(1, c);
  return result;
}

TEST(ManualPage, HasTheUsualSectionsInTheirOrder) {
  std::vector<std::string> sections;
  for (const std::string& line : lines_of(manual_page())) {
    if (line.starts_with(".SH ")) sections.push_back(line.substr(4));
  }
  EXPECT_THAT(sections, testing::ElementsAre("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "SAMPLERS",
                                             "SIGMA SCHEDULES", "EXIT STATUS", "ENVIRONMENT", "FILES", "EXAMPLES",
                                             "SEE ALSO"));
  EXPECT_TRUE(manual_page().starts_with(".TH DEEPCACHE\\-GEN 1 "));
}

TEST(ManualPage, NamesEveryFlagAndCommand) {
  const std::string page = manual_page();
  for (const Option& option : option_table()) {
    for (const std::string& name : option.split_names()) EXPECT_THAT(page, HasSubstr("\\fB" + with_minus(name)));
    EXPECT_THAT(page, HasSubstr(".SS " + with_minus(option.topic) + "\n"));
  }
  for (const Command& command : command_table()) EXPECT_THAT(page, HasSubstr("\\fB" + command.name + "\\fR"));
}

TEST(ManualPage, NoLineOfTextIsTakenForARequest) {
  const std::set<std::string> known{".TH", ".SH", ".SS", ".TP", ".PP", ".br", ".nf", ".fi"};
  for (const std::string& line : lines_of(manual_page())) {
    EXPECT_FALSE(line.starts_with('\'')) << line;
    EXPECT_TRUE(!line.starts_with('.') || known.contains(line.substr(0, 3))) << line;
    EXPECT_FALSE(line.empty()) << "an empty line would be printed";
  }
}

TEST(ManualPage, EndsWithWhereToReadOn) {
  const std::string page = manual_page();
  const std::size_t section = page.find(".SH SEE ALSO\n");
  ASSERT_NE(section, std::string::npos);
  EXPECT_EQ(page.find(".SH ", section + 1), std::string::npos);
  EXPECT_THAT(page.substr(section), HasSubstr("\\fIdocs/installing.md\\fR"));
  EXPECT_THAT(page, HasSubstr("DEEPCACHE_GEN_LIBTORCH"));
}

TEST(ManualPage, TildesAreNotTakenForAccents) {
  EXPECT_THAT(manual_page(), HasSubstr("\\(ti/.config/deepcache\\-gen/config.toml"));
  EXPECT_THAT(manual_page(), testing::Not(HasSubstr("~")));
}

}  // namespace
}  // namespace deepcache_gen
