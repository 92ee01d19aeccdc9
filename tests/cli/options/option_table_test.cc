#include "cli/options/option_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr Action kActions[]{Action::generate,     Action::tune,   Action::plan,    Action::compare,
                            Action::bench,        Action::models, Action::inspect, Action::completion,
                            Action::export_model, Action::man,    Action::version};

TEST(OptionTable, ANameMeansOneThingForOneAction) {
  const std::vector<Option> options = option_table();
  for (const Action action : kActions) {
    std::set<std::string> names;
    for (const Option& option : options) {
      if (!option.applies_to(action)) continue;
      for (const std::string& name : option.split_names()) EXPECT_TRUE(names.insert(name).second) << name;
    }
  }
}

TEST(OptionTable, ANameIsASwitchForAllActionsOrForNone) {
  const std::vector<Option> options = option_table();
  for (const Option& option : options) {
    for (const std::string& name : option.split_names()) {
      EXPECT_EQ(find_option(options, name)->is_switch(), option.is_switch()) << name << " splits a line otherwise";
    }
  }
}

TEST(OptionTable, HelpIsSentencesAndTheDefaultIsTheLast) {
  for (const Option& option : option_table()) {
    EXPECT_TRUE(option.help.ends_with('.')) << option.names;
    const std::size_t at = option.help.find(" Default");
    if (at == std::string::npos) continue;
    EXPECT_EQ(option.model_default, nullptr) << option.names << ": two defaults";
    EXPECT_EQ(option.help[at - 1], '.') << option.names;
    EXPECT_EQ(option.help.find(". ", at), std::string::npos) << option.names << ": help pages replace the rest";
  }
}

TEST(OptionTable, EveryChoiceIsAccepted) {
  for (const Option& option : option_table()) {
    for (const std::string& choice : option.choices) {
      CommandLine line;
      EXPECT_NO_THROW(option.store(line, {option.long_name(), choice})) << option.names << " " << choice;
    }
  }
}

TEST(OptionTable, RivalsAreOfOneMind) {
  const std::vector<Option> options = option_table();
  for (const Option& option : options) {
    for (const std::string& name : option.rivals) {
      const Option* rival = find_option(options, name);
      ASSERT_NE(rival, nullptr) << name;
      EXPECT_TRUE(rival->excludes(option)) << name;
      EXPECT_TRUE(option.excludes(*rival)) << name;
    }
  }
}

TEST(FindOption, KnowsShortNamesAliasesAndActions) {
  const std::vector<Option> options = option_table();
  EXPECT_EQ(find_option(options, "-W")->long_name(), "--width");
  EXPECT_EQ(find_option(options, "--sampler")->long_name(), "--sampling-method");
  EXPECT_EQ(find_option(options, "--prompt", Action::bench), nullptr);
  EXPECT_EQ(find_option(options, "-o", Action::compare)->placeholder, "DIR");
  EXPECT_EQ(find_option(options, "-o", Action::generate)->placeholder, "PATH");
  EXPECT_EQ(find_option(options, "--wid"), nullptr);
}

}  // namespace

}  // namespace deepcache_gen
