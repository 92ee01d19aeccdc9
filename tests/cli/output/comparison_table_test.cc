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
  const ComparisonFiles files =
      name_comparison_files({no_caching(), uniform_caching(3, 0), uniform_caching(5, 11)}, {{}}, line);
  EXPECT_THAT(files.pictures,
              ElementsAre("out/original.png", "out/interval3-branch0.png", "out/interval5-branch11.png"));
  EXPECT_EQ(files.contact_sheet, "out/contact-sheet.png");
  EXPECT_EQ(files.page, "page/index.html");
}

TEST(ComparisonFiles, AreInComparisonWithoutAReportByDefault) {
  const ComparisonFiles files = name_comparison_files({no_caching()}, {{}}, CommandLine());
  EXPECT_EQ(files.contact_sheet, "comparison/contact-sheet.png");
  EXPECT_FALSE(files.page);
}

TEST(ComparisonFiles, OfSeveralSamplersLieInAFolderForEach) {
  const std::vector<CacheSpec> settings{no_caching(), uniform_caching(3, 0)};
  const auto names = [&](const std::vector<SamplerChoice>& samplers) {
    return name_comparison_files(settings, samplers, CommandLine()).pictures;
  };
  EXPECT_THAT(names({{"euler", "karras"}, {"dpm++2m", "karras"}}),
              ElementsAre("comparison/euler-karras/original.png", "comparison/euler-karras/interval3-branch0.png",
                          "comparison/dpm++2m-karras/original.png", "comparison/dpm++2m-karras/interval3-branch0.png"));
  EXPECT_EQ(names({{"euler", {}}, {"heun", {}}})[2], "comparison/heun/original.png");
  EXPECT_EQ(names({{{}, "lu"}, {{}, "beta"}})[2], "comparison/beta/original.png");
  EXPECT_EQ(names({{"euler", "karras"}})[0], "comparison/original.png");
}

TEST(Caption, SaysWhatASettingGainsAndLoses) {
  const std::vector<ComparedSetting> settings = example_comparison();
  EXPECT_THAT(caption(settings[0]), ElementsAre("original", "4.00 s"));
  EXPECT_THAT(caption(settings[1]), ElementsAre("interval 3, branch 0", "2.3x  26.8 dB  SSIM 0.913"));
  EXPECT_THAT(caption(settings[2]), ElementsAre("interval 5, branch 11", "1.0x  same"));
}

TEST(Caption, NamesTheSamplerWhereItIsAskedTo) {
  EXPECT_THAT(caption(example_comparison_of_samplers()[4], true),
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
