#include "cli/output/output_names.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

struct Case {
  std::optional<std::string> output;
  int image_count;
  std::string second;  // the name of image 1, made with seed 43
};

class OutputNamesOf : public testing::TestWithParam<Case> {};

TEST_P(OutputNamesOf, IsAsDocumented) {
  EXPECT_EQ(OutputNames(GetParam().output, GetParam().image_count).of(1, 43), GetParam().second);
}

INSTANTIATE_TEST_SUITE_P(OutputNames, OutputNamesOf,
                         testing::ValuesIn(std::vector<Case>{
                             {std::nullopt, 1, "deepcache-gen-43.png"},
                             {std::nullopt, 2, "deepcache-gen-43.png"},
                             {"x.png", 1, "x.png"},
                             {"X.PNG", 1, "X.PNG"},
                             {"a/b/x.png", 2, "a/b/x_001.png"},
                             {"X.PNG", 2, "X_001.PNG"},
                             {"a.b.png", 2, "a.b_001.png"},
                             {"x%d.png", 2, "x1.png"},
                             {"x%d.png", 1, "x1.png"},
                             {"x-%03d.png", 2, "x-001.png"},
                             {"%04d/x.png", 2, "0001/x.png"},
                             {"50%%.png", 1, "50%.png"},
                             {"50%%-%02d%%.png", 2, "50%-01%.png"},
                             {"50%%.png", 2, "50%_001.png"},
                             {"no/such/folder/", 2, "no/such/folder/43.png"},
                             {"a%s/", 2, "a%s/43.png"},
                         }));

TEST(OutputNames, GrowsBeyondItsDigits) { EXPECT_EQ(OutputNames("x.png", 2000).of(1234, 0), "x_1234.png"); }

TEST(OutputNames, TakesAnExistingFolder) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "100%.png");
  EXPECT_EQ(OutputNames((folder / "100%.png").string(), 1).of(0, 42), folder / "100%.png" / "42.png");
}

TEST(OutputNames, RejectsWhatItWouldNotWrite) {
  for (const char* name : {"x.jpg", "x", "x.png.gz", ".png", "x%d"}) {
    EXPECT_THAT([&] { OutputNames(name, 1); },
                ThrowsMessage<UsageError>(AllOf(HasSubstr(name), HasSubstr("only .png"))));
  }
  for (const char* name : {"x%s.png", "x%.png", "x%3d.png", "x%d-%d.png", "x%0123d.png", "x%00d.png", "x.png%"}) {
    EXPECT_THAT([&] { OutputNames(name, 1); },
                ThrowsMessage<UsageError>(AllOf(HasSubstr(name), HasSubstr("%03d"), HasSubstr("%%"))));
  }
  EXPECT_THROW(OutputNames("", 1), UsageError);
}

}  // namespace
}  // namespace deepcache_gen
