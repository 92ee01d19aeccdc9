#include "cli/terminal/progress_text.h"

#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

TEST(ProgressText, CountsImagesFromOne) {
  EXPECT_EQ(images_text({nullptr, 0, 1, 1}), "image 1/1");
  EXPECT_EQ(images_text({nullptr, 2, 2, 8}), "images 3-4/8");
  EXPECT_EQ(images_text({nullptr, 2, 2, {}}), "images 3-4");
}

TEST(ProgressText, TurnsSlowRatesRound) {
  EXPECT_EQ(rate_text(3.214), "3.21 it/s");
  EXPECT_EQ(rate_text(1), "1 it/s");
  EXPECT_EQ(rate_text(0.25), "4 s/it");
  EXPECT_EQ(rate_text(0), "0 it/s");
}

TEST(ProgressText, SaysSecondsToTheHundredth) { EXPECT_EQ(seconds_text(1.803), "1.80 s"); }

TEST(ProgressText, RoundsDurationsUp) {
  EXPECT_EQ(duration_text(0), "0:00");
  EXPECT_EQ(duration_text(0.1), "0:01");
  EXPECT_EQ(duration_text(59.5), "1:00");
  EXPECT_EQ(duration_text(3723), "1:02:03");
}

TEST(TotalsText, HasTheMeanOfAnImage) {
  EXPECT_EQ(totals_text(24, 12.3, 0.4), "24 images in 12.30 s, 0.51 s each; load 0.40 s");
}

}  // namespace
}  // namespace deepcache_gen
