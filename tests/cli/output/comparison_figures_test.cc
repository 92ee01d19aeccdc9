#include "cli/output/comparison_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output/example_comparison.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

TEST(Caption, SaysWhatASettingGainsAndLoses) {
  const std::vector<ComparedSetting> settings = example_comparison();
  EXPECT_THAT(caption(settings[0]), ElementsAre("original", "4.00 s"));
  EXPECT_THAT(caption(settings[1]), ElementsAre("interval 3, branch 0", "2.3x  26.8 dB  SSIM 0.913"));
  EXPECT_THAT(caption(settings[2]), ElementsAre("interval 5, branch 11", "1.0x  same"));
}

TEST(ComparisonFigures, SayWhatIsNotThere) {
  const ComparedSetting setting = example_comparison()[2];
  EXPECT_EQ(psnr_text(setting), "same");
  EXPECT_EQ(ssim_text(setting), "-");
}

TEST(MillisecondsText, HasThreeDigitsOrMore) {
  EXPECT_EQ(milliseconds_text(0.0012345), "1.23 ms");
  EXPECT_EQ(milliseconds_text(0.0612), "61.2 ms");
  EXPECT_EQ(milliseconds_text(40), "40000 ms");
  EXPECT_EQ(milliseconds_text(0), "-");
}

}  // namespace
}  // namespace deepcache_gen
