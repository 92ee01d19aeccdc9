#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "cli/commands/fake_engine.h"
#include "evaluation/benchmark.h"
#include "evaluation/comparison.h"
#include "evaluation/reference_table.h"
#include "support/error.h"
#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;

// An engine of which each call takes the next of these seconds, all of it denoising.
class TimedEngine : public Engine {
 public:
  explicit TimedEngine(std::vector<double> seconds) : seconds_(std::move(seconds)) {}

  EngineFacts facts() const override { return {}; }
  int batch_size(const GenerationSettings&) const override { return 8; }
  void generate(const std::vector<ImageJob>& batch, Observer& observer) const override {
    const double seconds = seconds_.at(calls_++);
    if (seconds < 0) throw Error("no memory");
    if (observer.stop_requested()) throw Interrupted();
    order_.push_back(batch.front().plan->settings.interval);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      GeneratedImage image;
      const auto level = static_cast<std::uint8_t>(100 + batch.front().plan->settings.interval);
      image.image = {8, 8, std::vector<std::uint8_t>(8 * 8 * 3, level)};
      image.timing = {0, seconds, 0, 0, 0};
      observer.on_image(i, std::move(image));
    }
  }

  mutable std::vector<int> order_;

 private:
  std::vector<double> seconds_;
  mutable std::size_t calls_ = 0;
};

std::shared_ptr<const GenerationPlan> plan_of(const CacheSetting& setting) {
  GenerationPlan plan = example_plan();
  plan.settings.interval = setting.interval;
  plan.settings.branch = setting.branch;
  return std::make_shared<const GenerationPlan>(plan);
}

std::vector<BenchCell> cells(const std::vector<CacheSetting>& settings) {
  std::vector<BenchCell> result;
  for (const CacheSetting& setting : settings) result.push_back({512, 1, setting, plan_of(setting), {}, {}, ""});
  return result;
}

const BenchProgress kSilent{[](const BenchCell&, int, int, double) {}, [] { return false; }};

TEST(MeasureCells, TakesTurnsAfterAWarmUp) {
  const TimedEngine engine({9, 9, /* round 1, reversed */ 1, 2, /* round 2 */ 4, 2});
  std::vector<BenchCell> measured = cells({{1, 0}, {3, 0}});
  EXPECT_TRUE(measure_cells(engine, measured, 2, kSilent));
  EXPECT_THAT(engine.order_, ElementsAre(1, 3, 3, 1, 1, 3));
  EXPECT_THAT(measured[0].seconds, ElementsAre(2, 4));
  EXPECT_THAT(measured[1].seconds, ElementsAre(1, 2));
  EXPECT_THAT(measured[1].ratios, ElementsAre(2, 2)) << "the machine slowed down, the ratio did not";
}

TEST(MeasureCells, GoesOnWithoutASettingThatFails) {
  const TimedEngine engine({9, -1, 1, 2});
  std::vector<BenchCell> measured = cells({{1, 0}, {3, 0}});
  EXPECT_TRUE(measure_cells(engine, measured, 2, kSilent));
  EXPECT_EQ(measured[1].problem, "no memory");
  EXPECT_THAT(measured[0].seconds, ElementsAre(1, 2));
  EXPECT_TRUE(measured[1].seconds.empty() && measured[1].ratios.empty());
}

TEST(MeasureCells, KeepsWhatWasMeasuredWhenStopped) {
  const TimedEngine engine({9, 9, 1, 2, 4, 2});
  std::vector<BenchCell> measured = cells({{1, 0}, {3, 0}});
  int begun = 0;
  const BenchProgress progress{[&](const auto&, int, int, double) { ++begun; }, [&] { return begun > 4; }};
  EXPECT_FALSE(measure_cells(engine, measured, 2, progress));
  EXPECT_THAT(measured[0].seconds, ElementsAre(2));
}

TEST(MedianOf, IsTheMiddle) {
  EXPECT_EQ(median_of({3, 1, 2}), 2);
  EXPECT_EQ(median_of({4, 1, 2, 3}), 2.5);
}

TEST(ReferenceRatio, IsThatOfTheDocumentation) {
  EXPECT_THAT(reference_ratio(512, 1, {3, 0}).value_or(0), DoubleNear(2.33, 0.005));
  EXPECT_THAT(reference_ratio(512, 1, {5, 1}).value_or(0), DoubleNear(2.35, 0.005));
  EXPECT_THAT(reference_ratio(1024, 1, {5, 0}).value_or(0), DoubleNear(3.12, 0.005));
  EXPECT_FALSE(reference_ratio(256, 1, {3, 0}));
  EXPECT_FALSE(reference_ratio(512, 1, {4, 0}));
}

TEST(SettingsToCompare, HaveTheOriginalFirstAndEachOnce) {
  EXPECT_THAT(settings_to_compare({3, 1, 3}, {0, 2}),
              ElementsAre(CacheSetting{1, 0}, CacheSetting{3, 0}, CacheSetting{3, 2}));
  EXPECT_THAT(settings_to_compare({1}, {5}), ElementsAre(CacheSetting{1, 0}));
}

TEST(CompareSettings, MeasuresEachAgainstTheOriginal) {
  const TimedEngine engine({9, 4, 2});
  const ComparisonProgress progress{[](const auto&, int, int) {}, [](const auto&) {}, [](const auto&) {},
                                    [] { return false; }};
  const auto compared = compare_settings(engine, {plan_of({1, 0}), plan_of({3, 0})}, progress);
  ASSERT_EQ(compared.size(), 2u);
  EXPECT_EQ(compared[0].speed_up, 1);
  EXPECT_TRUE(std::isinf(compared[0].psnr));
  EXPECT_EQ(compared[1].speed_up, 2);
  EXPECT_NEAR(compared[1].psnr, 20 * std::log10(255 / 2.0), 1e-9) << "levels 101 and 103";
  EXPECT_EQ(compared[1].setting, (CacheSetting{3, 0}));
}

}  // namespace
}  // namespace deepcache_gen
