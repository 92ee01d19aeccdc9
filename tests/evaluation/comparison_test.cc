#include "evaluation/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "evaluation/timed_engine.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

std::vector<std::string> names_of(const std::vector<SamplerChoice>& choices) {
  std::vector<std::string> names;
  for (const SamplerChoice& choice : choices) {
    names.push_back(choice.sampler.value_or("own") + " " + choice.sigma_schedule.value_or("own"));
  }
  return names;
}

TEST(SamplersToCompare, AreEachWithEverySchedule) {
  EXPECT_THAT(names_of(samplers_to_compare({}, {})), ElementsAre("own own"));
  EXPECT_THAT(names_of(samplers_to_compare({"Euler a", "ddim"}, {})), ElementsAre("euler_a own", "ddim own"));
  EXPECT_THAT(names_of(samplers_to_compare({"euler", "heun"}, {"Karras", "ays"})),
              ElementsAre("euler karras", "euler ays", "heun karras", "heun ays"));
  EXPECT_THAT(names_of(samplers_to_compare({}, {"nonsense"})), ElementsAre("own nonsense"))
      << "said by who resolves it";
}

std::string problem_with(const std::vector<std::string>& samplers, const std::vector<std::string>& schedules) {
  try {
    samplers_to_compare(samplers, schedules);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(SamplersToCompare, AreEachThereOnce) {
  EXPECT_EQ(problem_with({"euler", "ddim", "Euler"}, {}),
            "--sampling-method 'Euler': is euler, which is there already; name each once");
  EXPECT_EQ(problem_with({"euler"}, {"lu", "lu"}), "--scheduler 'lu': is lu, which is there already; name each once");
}

ComparisonProgress silent() {
  return {[](const auto&, int, int) {}, [](const auto&) {}, [](const auto&) {}, [](const auto&) {},
          [] { return false; }};
}

PlannedSetting planned(int interval) { return {{uniform_caching(interval, 0)}, plan_of(uniform_caching(interval, 0))}; }

TEST(CompareSettings, MeasuresEachAgainstTheOriginal) {
  const TimedEngine engine({9, 4, 2});
  const auto compared = compare_settings(engine, {}, {planned(1), planned(3)}, silent());
  ASSERT_EQ(compared.size(), 2u);
  EXPECT_EQ(compared[0].speed_up, 1);
  EXPECT_TRUE(std::isinf(compared[0].psnr));
  EXPECT_EQ(compared[1].speed_up, 2);
  EXPECT_NEAR(compared[1].psnr, 20 * std::log10(255 / 2.0), 1e-9) << "levels 101 and 103";
  EXPECT_EQ(compared[1].setting, planned(3).setting);
}

TEST(CompareSettings, MeasuresEachAgainstTheOriginalOfItsSampler) {
  const TimedEngine engine({9, 4, 2, 6, 2});
  const auto compared = compare_settings(engine, {}, {planned(1), planned(3), planned(1), planned(3)}, silent());
  ASSERT_EQ(compared.size(), 4u);
  EXPECT_EQ(compared[1].speed_up, 2);
  EXPECT_EQ(compared[2].speed_up, 1);
  EXPECT_TRUE(std::isinf(compared[2].psnr));
  EXPECT_EQ(compared[3].speed_up, 3);
  const auto groups = by_sampler(compared);
  ASSERT_EQ(groups.size(), 2u);
  EXPECT_EQ(groups[1].data(), &compared[2]);
  EXPECT_EQ(groups[0].size() + groups[1].size(), 4u);
}

// Fewer plain steps are cached no more than the original, but are no original.
TEST(CompareSettings, MeasuresFewerPlainStepsAgainstTheOriginal) {
  const TimedEngine engine({9, 8, 4, 2});
  ModelInfo model;
  model.vae_scale = 8;
  model.arithmetic = ModelArithmetic();
  model.arithmetic->unet.down = model.arithmetic->unet.up = {{0}, {0}};
  model.arithmetic->unet.mid = {1e9};
  PlannedSetting half = planned(1);
  GenerationPlan plan = *half.plan;
  plan.passes.front().calls.resize(2);
  half = {{no_caching(), 2, true}, std::make_shared<const GenerationPlan>(plan)};
  const auto compared = compare_settings(engine, model, {planned(1), planned(3), half}, silent());
  ASSERT_EQ(compared.size(), 3u);
  EXPECT_EQ(by_sampler(compared).size(), 1u);
  EXPECT_EQ(compared[2].speed_up, 4);
  EXPECT_EQ(compared[2].ideal_speed_up, 2) << "four calls and two";
}

TEST(CompareSettings, HandsOverEachAsSoonAsItIsMade) {
  const TimedEngine engine({9, 4, 2});
  ComparisonProgress progress = silent();
  std::vector<double> speed_ups;
  progress.made = [&](const ComparedSetting& setting) { speed_ups.push_back(setting.speed_up); };
  progress.stop_requested = [&] { return !speed_ups.empty(); };
  EXPECT_THROW(compare_settings(engine, {}, {planned(1), planned(3)}, progress), Interrupted);
  EXPECT_THAT(speed_ups, ElementsAre(1)) << "the original was made before the user stopped";
}

}  // namespace
}  // namespace deepcache_gen
