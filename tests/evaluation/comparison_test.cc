#include "evaluation/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "evaluation/timed_engine.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

TEST(SettingsToCompare, HaveTheOriginalFirstAndEachOnce) {
  EXPECT_THAT(settings_to_compare({3, 1, 3}, {0, 2}),
              ElementsAre(uniform_caching(1, 0), uniform_caching(3, 0), uniform_caching(3, 2)));
  EXPECT_THAT(settings_to_compare({1}, {5}), ElementsAre(uniform_caching(1, 0)));
}

ComparisonProgress silent() {
  return {[](const auto&, int, int) {}, [](const auto&) {}, [](const auto&) {}, [](const auto&) {},
          [] { return false; }};
}

TEST(CompareSettings, MeasuresEachAgainstTheOriginal) {
  const TimedEngine engine({9, 4, 2});
  const auto compared =
      compare_settings(engine, {}, {plan_of(uniform_caching(1, 0)), plan_of(uniform_caching(3, 0))}, silent());
  ASSERT_EQ(compared.size(), 2u);
  EXPECT_EQ(compared[0].speed_up, 1);
  EXPECT_TRUE(std::isinf(compared[0].psnr));
  EXPECT_EQ(compared[1].speed_up, 2);
  EXPECT_NEAR(compared[1].psnr, 20 * std::log10(255 / 2.0), 1e-9) << "levels 101 and 103";
  EXPECT_EQ(compared[1].setting, (uniform_caching(3, 0)));
}

TEST(CompareSettings, HandsOverEachAsSoonAsItIsMade) {
  const TimedEngine engine({9, 4, 2});
  ComparisonProgress progress = silent();
  std::vector<double> speed_ups;
  progress.made = [&](const ComparedSetting& setting) { speed_ups.push_back(setting.speed_up); };
  progress.stop_requested = [&] { return !speed_ups.empty(); };
  EXPECT_THROW(compare_settings(engine, {}, {plan_of(uniform_caching(1, 0)), plan_of(uniform_caching(3, 0))}, progress),
               Interrupted);
  EXPECT_THAT(speed_ups, ElementsAre(1)) << "the original was made before the user stopped";
}

}  // namespace
}  // namespace deepcache_gen
