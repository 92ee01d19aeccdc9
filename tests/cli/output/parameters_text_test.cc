#include "cli/output/parameters_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output/example_run.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;

const std::string kLastLine =
    "Steps: 4, Sampler: DDIM, Schedule type: Uniform, CFG scale: 7.5, Seed: 9, Size: 16x8, Model: scenes, "
    "DeepCache interval: 2, DeepCache branch: 1, Version: deepcache-gen " +
    std::string(kVersion);

TEST(ParametersText, HasTheFormOfAutomatic1111) {
  GenerationSettings settings = example_plan().settings;
  EXPECT_EQ(parameters_text(settings, "scenes", 9), "a boat\n" + kLastLine);
  settings.negative_prompt = "blurry,\nbad";
  settings.prompt = "a boat,\nat sea: blue";
  EXPECT_EQ(parameters_text(settings, "scenes", 9),
            "a boat,\nat sea: blue\nNegative prompt: blurry,\nbad\n" + kLastLine);
}

TEST(ParametersText, LeavesOutAnEmptyNegativePrompt) {
  GenerationSettings settings = example_plan().settings;
  settings.negative_prompt = "";
  EXPECT_EQ(parameters_text(settings, "scenes", 9), "a boat\n" + kLastLine);
}

TEST(ParametersText, QuotesValuesThatWouldSplitTheLine) {
  const GenerationSettings settings = example_plan().settings;
  EXPECT_THAT(parameters_text(settings, "a, \"b\": \u6d77", 9),
              HasSubstr("Model: \"a, \\\"b\\\": \u6d77\", DeepCache"));
}

TEST(ParametersText, UsesTheirNamesWhereTheyHaveOne) {
  GenerationSettings settings = example_plan().settings;
  settings.guidance_scale = 7;
  settings.scheduler.sampler = "dpm++2m";
  settings.scheduler.sigma_schedule = "karras";
  EXPECT_THAT(parameters_text(settings, "m", 1),
              HasSubstr("Sampler: DPM++ 2M, Schedule type: Karras, CFG scale: 7, Seed: 1,"));
  settings.scheduler.sampler = "a_new_one";
  EXPECT_THAT(parameters_text(settings, "m", 1), HasSubstr("Sampler: a_new_one,"));
}

}  // namespace
}  // namespace deepcache_gen
