#include "evaluation/benchmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "evaluation/timed_engine.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

std::vector<BenchCell> cells(const std::vector<CacheSpec>& settings) {
  std::vector<BenchCell> result;
  for (const CacheSpec& setting : settings) result.push_back({512, 1, setting, plan_of(setting)});
  return result;
}

const BenchProgress kSilent{[](const BenchCell&, int, int, double) {}, [] { return false; }};

TEST(MeasureCells, TakesTurnsAfterAWarmUp) {
  const TimedEngine engine({9, 9, /* round 1, reversed */ 1, 2, /* round 2 */ 4, 2});
  std::vector<BenchCell> measured = cells({no_caching(), uniform_caching(3, 0)});
  EXPECT_TRUE(measure_cells(engine, measured, 2, kSilent));
  EXPECT_THAT(engine.order_, ElementsAre(1, 3, 3, 1, 1, 3));
  EXPECT_THAT(measured[0].seconds, ElementsAre(2, 4));
  EXPECT_THAT(measured[1].seconds, ElementsAre(1, 2));
  EXPECT_THAT(measured[1].ratios, ElementsAre(2, 2)) << "the machine slowed down, the ratio did not";
}

TEST(MeasureCells, GoesOnWithoutASettingThatFails) {
  const TimedEngine engine({9, -1, 1, 2});
  std::vector<BenchCell> measured = cells({no_caching(), uniform_caching(3, 0)});
  EXPECT_TRUE(measure_cells(engine, measured, 2, kSilent));
  EXPECT_EQ(measured[1].problem, "no memory");
  EXPECT_THAT(measured[0].seconds, ElementsAre(1, 2));
  EXPECT_TRUE(measured[1].seconds.empty() && measured[1].ratios.empty());
}

TEST(MeasureCells, KeepsWhatWasMeasuredWhenStopped) {
  const TimedEngine engine({9, 9, 1, 2, 4, 2});
  std::vector<BenchCell> measured = cells({no_caching(), uniform_caching(3, 0)});
  int begun = 0;
  const BenchProgress progress{[&](const auto&, int, int, double) { ++begun; }, [&] { return begun > 4; }};
  EXPECT_FALSE(measure_cells(engine, measured, 2, progress));
  EXPECT_THAT(measured[0].seconds, ElementsAre(2));
}

}  // namespace
}  // namespace deepcache_gen
