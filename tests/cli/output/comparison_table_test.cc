#include "cli/output/comparison_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli/output/example_comparison.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

TEST(ComparisonFiles, LieInTheFoldersAskedFor) {
  CommandLine line;
  line.picture.output = "out";
  line.compare.report = "page/";
  const ComparisonFiles files = name_comparison_files(line);
  EXPECT_EQ(picture_folder({}, 1, line), "out");
  EXPECT_EQ(files.contact_sheet, "out/contact-sheet.png");
  EXPECT_EQ(files.page, "page/index.html");
}

TEST(ComparisonFiles, AreInComparisonWithoutAReportByDefault) {
  const ComparisonFiles files = name_comparison_files(CommandLine());
  EXPECT_EQ(files.contact_sheet, "comparison/contact-sheet.png");
  EXPECT_FALSE(files.page);
}

TEST(ComparisonFiles, OfSeveralSamplersLieInAFolderForEach) {
  const auto folder = [](const SamplerChoice& sampler, std::size_t samplers) {
    return picture_folder(sampler, samplers, CommandLine());
  };
  EXPECT_EQ(folder({"dpm++2m", "karras"}, 2), "comparison/dpm++2m-karras");
  EXPECT_EQ(folder({"heun", {}}, 2), "comparison/heun");
  EXPECT_EQ(folder({{}, "beta"}, 2), "comparison/beta");
  EXPECT_EQ(folder({"euler", "karras"}, 1), "comparison");
}

TEST(Caption, SaysWhatASettingGainsAndLoses) {
  const std::vector<ComparedSetting> settings = example_comparison();
  EXPECT_THAT(caption(settings[0]), ElementsAre("original", "4.00 s"));
  EXPECT_THAT(caption(settings[1]), ElementsAre("interval 3, branch 0", "2.3x  26.8 dB  SSIM 0.913"));
  EXPECT_THAT(caption(settings[2]), ElementsAre("interval 5, branch 11", "1.0x  same"));
}

TEST(Caption, NamesTheSamplerWhereItIsAskedTo) {
  EXPECT_THAT(caption(example_comparison_of_samplers()[4], "heun (karras)"),
              ElementsAre("heun (karras)", "interval 3, branch 0", "2.3x  26.8 dB  SSIM 0.913"));
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

const ComparisonFiles kFiles{{"o/original.png", "o/a.png", "o/b.png"}, "o/contact-sheet.png", "r/index.html"};

TEST(ComparisonTable, HasARowForEverySetting) {
  EXPECT_EQ(comparison_table(example_comparison()),
            "setting                 full  cached   seconds  speed-up  ideal  denoise speed-up   PSNR dB     SSIM\n"
            "original                   4       0     4.000      1.00      -              1.00      same   1.0000\n"
            "interval 3, branch 0       2       2     1.750      2.29   2.50              4.00     26.83   0.9128\n"
            "interval 5, branch 11      1       3     4.000      1.00      -              1.00      same        -");
}

// A policy with a name longer than the column is, and two plain steps.
std::vector<ComparedSetting> comparison_of_policies() {
  std::vector<ComparedSetting> settings = example_comparison();
  settings[1].setting = {{"curve", {{"full", 2}, {"branch", 0}, {"guidance", 1}}, {}, {4, {}}}};
  GenerationPlan plan = *settings[1].plan;
  plan.settings.cache = settings[1].setting.cache;
  settings[1].plan = std::make_shared<const GenerationPlan>(plan);
  settings[2].setting = {no_caching(), 2, true};
  plan.settings.cache = no_caching();
  plan.settings.steps = 2;
  settings[2].plan = std::make_shared<const GenerationPlan>(plan);
  return settings;
}

TEST(ComparisonTable, IsAsWideAsItsLongestName) {
  EXPECT_THAT(comparison_table(comparison_of_policies()),
              testing::HasSubstr("\ncurve, full 2, branch 0, guidance held      2       2     1.750"));
  EXPECT_THAT(comparison_table(comparison_of_policies()),
              testing::HasSubstr("\n2 steps, curve                              1       3     4.000"));
}

TEST(ComparisonJson, SaysPoliciesAndSteps) {
  const auto object = nlohmann::json::parse(comparison_json(comparison_of_policies(), example_run(), kFiles));
  const auto& settings = object["settings"];
  EXPECT_EQ(settings[0]["setting"], "original");
  EXPECT_EQ(settings[0]["interval"], 1);
  EXPECT_FALSE(settings[0].contains("cache_policy") || settings[0].contains("timesteps_curve"));
  EXPECT_EQ(settings[1]["cache_policy"], "curve:full=2,branch=0,guidance=held");
  EXPECT_EQ(settings[1]["full_calls"], nlohmann::json({0, 2}));
  EXPECT_TRUE(settings[1]["interval"].is_null());
  EXPECT_EQ(settings[2]["setting"], "2 steps, curve");
  EXPECT_EQ(settings[2]["steps"], 2);
  EXPECT_EQ(settings[2]["timesteps_curve"], true);
}

TEST(ComparisonTable, NamesTheSamplersWhereThereAreSeveral) {
  EXPECT_EQ(comparison_table(example_comparison_of_samplers()),
            "sampler          setting                 full  cached   seconds  speed-up  ideal  denoise speed-up   PSNR "
            "dB     SSIM\n"
            "ddim (discrete)  original                   4       0     4.000      1.00      -              1.00      "
            "same   1.0000\n"
            "ddim (discrete)  interval 3, branch 0       2       2     1.750      2.29   2.50              4.00     "
            "26.83   0.9128\n"
            "ddim (discrete)  interval 5, branch 11      1       3     4.000      1.00      -              1.00      "
            "same        -\n"
            "heun (karras)    original                   4       0     4.000      1.00      -              1.00      "
            "same   1.0000\n"
            "heun (karras)    interval 3, branch 0       2       2     1.750      2.29   2.50              4.00     "
            "26.83   0.9128\n"
            "heun (karras)    interval 5, branch 11      1       3     4.000      1.00      -              1.00      "
            "same        -");
}

TEST(ComparisonJson, HasAComparisonForEachSampler) {
  const ComparisonFiles files{{"a", "b", "c", "d", "e", "f"}, "o/contact-sheet.png", {}};
  const auto object = nlohmann::json::parse(comparison_json(example_comparison_of_samplers(), example_run(), files));
  EXPECT_EQ(object["model"], "scenes");
  EXPECT_EQ(object["contact_sheet"], "o/contact-sheet.png");
  EXPECT_FALSE(object.contains("sampler") || object.contains("settings"));
  const auto& comparisons = object["comparisons"];
  ASSERT_EQ(comparisons.size(), 2u);
  EXPECT_EQ(comparisons[0]["sampler"], "ddim");
  EXPECT_EQ(comparisons[1]["sampler"], "heun");
  EXPECT_EQ(comparisons[1]["scheduler"], "karras");
  EXPECT_EQ(comparisons[1]["prompt"], "a boat");
  ASSERT_EQ(comparisons[1]["settings"].size(), 3u);
  EXPECT_EQ(comparisons[1]["settings"][1]["path"], "e");
}

TEST(ComparisonJson, HasFilesAndFigures) {
  const auto object = nlohmann::json::parse(comparison_json(example_comparison(), example_run(), kFiles));
  EXPECT_EQ(object["prompt"], "a boat");
  EXPECT_EQ(object["contact_sheet"], "o/contact-sheet.png");
  EXPECT_EQ(object["report"], "r/index.html");
  ASSERT_EQ(object["settings"].size(), 3u);
  EXPECT_EQ(object["settings"][1]["path"], "o/a.png");
  EXPECT_EQ(object["settings"][1]["ideal_speed_up"], 2.5);
  EXPECT_TRUE(object["settings"][2]["ideal_speed_up"].is_null());
  EXPECT_EQ(object["settings"][1]["psnr"], 26.833);
  EXPECT_EQ(object["settings"][1]["step_seconds"], nlohmann::json({0.75, 0.25, 0.25, 0.75}));
  EXPECT_TRUE(object["settings"][2]["psnr"].is_null());
  EXPECT_TRUE(object["settings"][2]["ssim"].is_null());
}

TEST(ComparisonJson, HasNoReportWhereNoneWasAskedFor) {
  const ComparisonFiles files{kFiles.pictures, kFiles.contact_sheet, {}};
  EXPECT_TRUE(nlohmann::json::parse(comparison_json(example_comparison(), example_run(), files))["report"].is_null());
}

}  // namespace

}  // namespace deepcache_gen
