#include "cli/output/comparison_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

TEST(ComparisonFiles, LieInTheFoldersAskedFor) {
  CommandLine line;
  line.picture.output = "out";
  line.compare.report = "page/";
  const ComparisonFiles files =
      name_comparison_files({no_caching(), uniform_caching(3, 0), uniform_caching(5, 11)}, line);
  EXPECT_THAT(files.pictures,
              ElementsAre("out/original.png", "out/interval3-branch0.png", "out/interval5-branch11.png"));
  EXPECT_EQ(files.contact_sheet, "out/contact-sheet.png");
  EXPECT_EQ(files.page, "page/index.html");
}

TEST(ComparisonFiles, AreInComparisonWithoutAReportByDefault) {
  const ComparisonFiles files = name_comparison_files({no_caching()}, CommandLine());
  EXPECT_EQ(files.contact_sheet, "comparison/contact-sheet.png");
  EXPECT_FALSE(files.page);
}

}  // namespace
}  // namespace deepcache_gen
