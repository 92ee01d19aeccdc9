#include "cli/output/comparison_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output/example_comparison.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::Not;

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
