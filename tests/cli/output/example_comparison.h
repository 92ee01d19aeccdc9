#pragma once

#include <limits>
#include <memory>
#include <vector>

#include "cli/output/example_run.h"
#include "evaluation/comparison.h"

namespace deepcache_gen {

/// The example plan's picture with that setting and such steps.
inline ComparedSetting example_setting(const CacheSpec& cache, const std::vector<StepKind>& kinds) {
  GenerationPlan plan = example_plan();
  plan.settings.cache = cache;
  ComparedSetting setting{{{cache}, std::make_shared<const GenerationPlan>(plan)}, example_image(), {}};
  for (const StepKind kind : kinds) {
    const int index = static_cast<int>(setting.steps.size());
    setting.steps.push_back(
        {index, static_cast<int>(kinds.size()), {kind}, kind == StepKind::full ? 0.75 : 0.25, 1, {}});
  }
  return setting;
}

/// The original, which takes 4 s, and two settings of which one is different and one the same.
inline std::vector<ComparedSetting> example_comparison() {
  constexpr StepKind kFull = StepKind::full, kCached = StepKind::cached;
  ComparedSetting original = example_setting(no_caching(), {kFull, kFull, kFull, kFull});
  original.image.timing = {0.5, 3, 0.5, 0.75, 0, 4, 0};
  original.psnr = std::numeric_limits<double>::infinity();
  original.ssim = 1;
  ComparedSetting different = example_setting(uniform_caching(3, 0), {kFull, kCached, kCached, kFull});
  different.image.timing = {0.5, 0.75, 0.5, 0.75, 0.25, 2, 2};
  different.speed_up = 4 / 1.75;
  different.denoise_speed_up = 4;
  different.ideal_speed_up = 2.5;
  different.psnr = 26.833;
  different.ssim = 0.91277;
  ComparedSetting same = example_setting(uniform_caching(5, 11), {kFull, kCached, kCached, kCached});
  same.image.timing = {0.5, 3, 0.5, 0.75, 0.25, 1, 3};
  same.psnr = std::numeric_limits<double>::infinity();
  return {original, different, same};
}

/// The example comparison, and the same again with sampler heun and sigma schedule karras.
inline std::vector<ComparedSetting> example_comparison_of_samplers() {
  std::vector<ComparedSetting> settings = example_comparison();
  for (ComparedSetting& setting : example_comparison()) {
    GenerationPlan plan = *setting.plan;
    plan.settings.scheduler.sampler = "heun";
    plan.settings.scheduler.sigma_schedule = "karras";
    setting.plan = std::make_shared<const GenerationPlan>(plan);
    settings.push_back(setting);
  }
  return settings;
}

}  // namespace deepcache_gen
