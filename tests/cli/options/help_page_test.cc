#include "cli/options/help_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "cli/options/option_table.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;

TEST(HelpPage, NamesEveryFlagAndExitCode) {
  for (const Action action : {Action::generate, Action::compare, Action::bench, Action::models}) {
    const std::string page = help_page(HelpPage::all, action, {});
    for (const Option& option : option_table()) {
      if (!option.applies_to(action)) continue;
      for (const std::string& name : option.split_names()) EXPECT_THAT(page, HasSubstr(name));
      EXPECT_THAT(page, HasSubstr(option.topic + "\n"));
    }
    EXPECT_THAT(page, HasSubstr("130 interrupted"));
  }
  EXPECT_THAT(help_page(HelpPage::all, Action::generate, {}), HasSubstr("-W, --width PIXELS"));
}

TEST(HelpPage, SaysWhatTheModelsDefaultsAre) {
  ModelInfo model;
  model.name = "tiny";
  model.defaults.steps = 33;
  model.defaults.sampler = "ddim";
  model.scheduler = JsonObject({{"sampler", "pndm"}, {"sigma_schedule", "discrete"}}, "x");
  EXPECT_THAT(help_page(HelpPage::all, Action::generate, {model, {}}), HasSubstr("Default: 33 (model tiny)."));
  EXPECT_THAT(help_page(HelpPage::all, Action::generate, {}), HasSubstr("Default: the model's."));
}

TEST(HelpPage, SpellsOutWhatAModelSaysOfItself) {
  ModelInfo model;
  model.name = "tiny\x1b[2J";
  model.scheduler = JsonObject({{"sampler", "a\n\x07"}, {"sigma_schedule", "discrete"}}, "x");
  const std::string page = help_page(HelpPage::all, Action::generate, {model, {}});
  EXPECT_THAT(page, HasSubstr("tiny\\x1b[2J)."));
  EXPECT_THAT(page, testing::AllOf(testing::Not(HasSubstr("\x1b")), testing::Not(HasSubstr("\x07"))));
}

// The words of a page on one line.
std::string unwrapped(const std::string& page) {
  std::istringstream words(page);
  std::string line;
  for (std::string word; words >> word;) line += word + " ";
  return line;
}

TEST(HelpPage, SaysWhatTheConfigurationSets) {
  ModelInfo model;
  model.name = "tiny";
  model.scheduler = JsonObject({{"sampler", "pndm"}, {"sigma_schedule", "discrete"}}, "x");
  const DefaultSources sources{
      model, {"c.toml", {{"--steps", "9"}, {"--quiet", "true"}, {"--device", "cpu"}, {"-n", ""}, {"--prompts", "x"}}}};
  for (const HelpPage page : {HelpPage::common, HelpPage::all}) {
    const std::string text = unwrapped(help_page(page, Action::generate, sources));
    EXPECT_THAT(text, HasSubstr("Denoising steps. Default: 9 (from c.toml)."));
    EXPECT_THAT(text, HasSubstr("Only errors and warnings on stderr. Default: on (from c.toml)."));
    EXPECT_THAT(text, HasSubstr("Default: cpu (from c.toml)."));
    EXPECT_THAT(text, testing::Not(HasSubstr("Default: auto, a GPU")));
    EXPECT_THAT(text, HasSubstr("(model tiny)."));
  }
}

TEST(HelpPage, OfACommandHasItsDefaults) {
  EXPECT_THAT(help_page(HelpPage::common, Action::bench, {}), HasSubstr("Default: markdown."));
}

class Pages : public testing::TestWithParam<HelpPage> {};

TEST_P(Pages, FitATerminal) {
  for (const Action action : {Action::generate, Action::compare, Action::bench}) {
    std::istringstream page(help_page(GetParam(), action, {}));
    for (std::string line; std::getline(page, line);) EXPECT_LE(line.size(), 80u) << line;
  }
}

INSTANTIATE_TEST_SUITE_P(HelpPage, Pages, testing::Values(HelpPage::common, HelpPage::all));

TEST(HelpPage, TheUsualFlagsAreOneScreen) {
  const std::string page = help_page(HelpPage::common, Action::generate, {});
  EXPECT_LE(std::count(page.begin(), page.end(), '\n'), 60);
  EXPECT_THAT(page, testing::Not(HasSubstr("--shard")));
}

}  // namespace
}  // namespace deepcache_gen
