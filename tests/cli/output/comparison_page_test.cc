#include "cli/output/comparison_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output/example_comparison.h"

namespace deepcache_gen {
namespace {

using testing::DoubleEq;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(TimeAxis, EndsAtARoundNumberAboveTheLongest) {
  EXPECT_THAT(TimeAxis(0.75).ticks(), ElementsAre(0, DoubleEq(0.2), DoubleEq(0.4), DoubleNear(0.6, 1e-12), 0.8));
  EXPECT_DOUBLE_EQ(TimeAxis(0.75).top(), 0.8);
  EXPECT_DOUBLE_EQ(TimeAxis(1).top(), 1);
  EXPECT_NEAR(TimeAxis(0.0031).top(), 0.004, 1e-12);
  for (const double seconds : {1e-6, 0.0009, 0.02, 7.0, 61.0}) {
    const TimeAxis axis(seconds);
    EXPECT_GE(axis.top(), seconds * (1 - 1e-6));
    EXPECT_LE(axis.ticks().size(), 6u);
    EXPECT_GE(axis.ticks().size(), 2u);
  }
}

TEST(TimeAxis, IsLabelledInMilliseconds) {
  EXPECT_EQ(TimeAxis::label(0.2), "200");
  EXPECT_EQ(TimeAxis::label(0.0005), "0.5");
  EXPECT_EQ(TimeAxis::label(0), "0");
}

TEST(SecondsToShow, ReachToTheLongestStepUnlessItIsAnOutlier) {
  std::vector<ComparedSetting> settings = example_comparison();
  EXPECT_DOUBLE_EQ(seconds_to_show(settings), 0.75);
  settings[1].steps[2].seconds = 1.5;
  EXPECT_DOUBLE_EQ(seconds_to_show(settings), 1.5);
  settings[1].steps[2].seconds = 40;
  EXPECT_LT(seconds_to_show(settings), 4);
  EXPECT_GT(seconds_to_show(settings), 0.75);
}

TEST(SecondsToShow, AreAboveZeroWithoutAnyTime) {
  ComparedSetting setting = example_comparison()[0];
  for (StepReport& step : setting.steps) step.seconds = 0;
  setting.image.timing = {};
  EXPECT_GT(seconds_to_show({setting}), 0);
  setting.steps.clear();
  EXPECT_GT(seconds_to_show({setting}), 0);
}

TEST(DrawSteps, HasABarForEveryStep) {
  const std::vector<StepBar> bars = draw_steps(example_comparison()[1], TimeAxis(0.75), 400, 80);
  ASSERT_EQ(bars.size(), 4u);
  EXPECT_NEAR(bars[0].height, 75, 1e-9);
  EXPECT_NEAR(bars[0].y, 5, 1e-9);
  EXPECT_NEAR(bars[1].height, 25, 1e-9);
  EXPECT_EQ(bars[1].kind, StepKind::cached);
  EXPECT_EQ(bars[3].kind, StepKind::full);
  EXPECT_EQ(bars[1].text, "step 2: cached, 250 ms");
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_GT(bars[i].x, 100.0 * static_cast<double>(i));
    EXPECT_LT(bars[i].x + bars[i].width, 100.0 * static_cast<double>(i + 1));
    EXPECT_FALSE(bars[i].is_cut);
  }
}

TEST(DrawSteps, CutsWhatIsLongerThanTheAxis) {
  ComparedSetting setting = example_comparison()[1];
  setting.steps[2].seconds = 40;
  const StepBar bar = draw_steps(setting, TimeAxis(0.75), 400, 80)[2];
  EXPECT_TRUE(bar.is_cut);
  EXPECT_EQ(bar.height, 80);
  EXPECT_EQ(bar.y, 0);
  EXPECT_EQ(bar.text, "step 3: cached, 40000 ms");
}

// The beginning of each "PNG" tells them apart: in base64 Zmlyc3Q=, c2Vjb25k and dGhpcmQ=.
const ComparisonPageParts kParts{{{'f', 'i', 'r', 's', 't'}, {'s', 'e', 'c', 'o', 'n', 'd'}, {'t', 'h', 'i', 'r', 'd'}},
                                 {{"LibTorch", "9.8.7"}}};

std::string page_of(const std::vector<ComparedSetting>& settings, const ComparisonPageParts& parts = kParts) {
  return comparison_page(settings, example_run(), parts);
}

std::string page_with_prompt(const std::string& prompt) {
  std::vector<ComparedSetting> settings = example_comparison();
  GenerationPlan plan = *settings[0].plan;
  plan.settings.prompt = prompt;
  settings[0].plan = std::make_shared<const GenerationPlan>(plan);
  return page_of(settings);
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++found;
  return found;
}

TEST(ComparisonPage, HasThePicturesInIt) {
  const std::string page = page_of(example_comparison());
  for (const char* picture : {"Zmlyc3Q=", "c2Vjb25k", "dGhpcmQ="})
    EXPECT_EQ(count(page, std::string("<img src=\"data:image/png;base64,") + picture + '"'), 1);
  EXPECT_EQ(count(page, "alt=\"a boat (interval 3, branch 0)\""), 1);
}

TEST(ComparisonPage, HasARowForEverySetting) {
  const std::string page = page_of(example_comparison());
  const std::string row =
      "<td>2</td><td>2</td><td>1.750</td><td>2.29</td><td>2.50</td><td>4.00</td><td>26.83</td><td>0.9128</td>";
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">interval 3, branch 0</th>" + row));
  EXPECT_EQ(count(page, "<th scope=\"row\">"), 3);
  EXPECT_THAT(page, HasSubstr("<td>same</td><td>-</td>"));
}

TEST(ComparisonPage, DrawsFullAndCachedStepsApart) {
  const std::string page = page_of(example_comparison());
  EXPECT_EQ(count(page, "<rect class=\"full\""), 4 + 2 + 1);
  EXPECT_EQ(count(page, "<rect class=\"cached\""), 2 + 3);
  EXPECT_THAT(page, HasSubstr("<title>step 2: cached, 250 ms</title>"));
  EXPECT_THAT(page, Not(HasSubstr("class=\"break\"")));
}

TEST(ComparisonPage, MarksBarsThatAreCut) {
  std::vector<ComparedSetting> settings = example_comparison();
  settings[1].steps[1].seconds = 99;
  const std::string page = page_of(settings);
  EXPECT_EQ(count(page, "class=\"break\""), 1);
  EXPECT_THAT(page, HasSubstr("longer than the axis"));
}

TEST(ComparisonPage, NamesSettingsAndVersions) {
  const std::string page = page_of(example_comparison());
  EXPECT_THAT(page, HasSubstr("scenes, 16x8, 4 steps of ddim (discrete), guidance 7.5, seed 7, cpu in fp32"));
  EXPECT_THAT(page, HasSubstr("<dt>LibTorch</dt><dd>9.8.7</dd>"));
  EXPECT_THAT(page, HasSubstr("<dt>negative prompt</dt><dd>none</dd>"));
}

TEST(ComparisonPage, HasARowForEachSampler) {
  const std::vector<std::uint8_t> png{'x'};
  const std::string page = page_of(example_comparison_of_samplers(), {std::vector(6, png), {}});
  EXPECT_THAT(page, HasSubstr("<div class=\"pictures\" style=\"grid-template-columns: repeat(3, "));
  EXPECT_THAT(page, HasSubstr("data-name=\"heun (karras), original\" data-begins-sampler>"));
  EXPECT_EQ(count(page, " data-begins-sampler>"), 2);
  EXPECT_THAT(page, HasSubstr("<th scope=\"row\">heun (karras), interval 3, branch 0</th>"));
  EXPECT_THAT(page, HasSubstr("16x8, 4 steps of ddim (discrete), 4 steps of heun (karras), guidance 7.5, seed 7,"));
  EXPECT_THAT(page, HasSubstr("<dt>sampler</dt><dd>ddim, heun</dd>"));
  EXPECT_THAT(page, HasSubstr("<dt>steps</dt><dd>4</dd>"));
}

TEST(ComparisonPage, MarksNoSamplerWhereThereIsOne) {
  const std::string page = page_of(example_comparison());
  EXPECT_THAT(page, HasSubstr("<div class=\"pictures\">"));
  EXPECT_EQ(count(page, "data-begins-sampler"), 0);
}

TEST(ComparisonPage, EscapesThePrompt) {
  const std::string page = page_with_prompt("<script>x</script> & \"a\" 'b' {{seed}} </title>");
  EXPECT_EQ(count(page, "<script"), 1) << "the page's own";
  EXPECT_EQ(count(page, "</title>"), 1 + (4 + 4 + 4)) << "the page's own and one per bar";
  EXPECT_THAT(page, HasSubstr("<h1>&lt;script&gt;x&lt;/script&gt; &amp; &quot;a&quot; &apos;b&apos; {{seed}} "));
  EXPECT_THAT(page, HasSubstr("alt=\"&lt;script&gt;x&lt;/script&gt; &amp; &quot;a&quot;"));
}

TEST(ComparisonPage, ReplacesWhatIsNoUtf8) {
  EXPECT_THAT(page_with_prompt("a\xff boat\xc3"), HasSubstr("<h1>a\ufffd boat\ufffd</h1>"));
  EXPECT_THAT(page_with_prompt("\u6d77\U0001F6A2"), HasSubstr("<h1>\u6d77\U0001F6A2</h1>"));
}

TEST(ComparisonPage, LoadsNothing) {
  const std::string page = page_of(example_comparison());
  for (const char* part : {"http:", "https:", "url(", "@import", "<link", "src=\"/"})
    EXPECT_THAT(page, Not(HasSubstr(part)));
  EXPECT_EQ(count(page, "src=\""), 3) << "the pictures";
}

TEST(ComparisonPage, NeedsNoViewerForTheOriginalAlone) {
  const std::string page = page_of({example_comparison()[0]});
  EXPECT_THAT(page, Not(HasSubstr("id=\"viewer\"")));
  EXPECT_EQ(count(page, "class=\"picture\""), 1);
}

}  // namespace
}  // namespace deepcache_gen
