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
  NamesFor what;
  std::string second;  // the name of image 1, made with seed 43
};

class OutputNamesOf : public testing::TestWithParam<Case> {};

TEST_P(OutputNamesOf, IsAsDocumented) {
  EXPECT_EQ(OutputNames(GetParam().output, GetParam().what).of(1, 43), GetParam().second);
}

INSTANTIATE_TEST_SUITE_P(OutputNames, OutputNamesOf,
                         testing::ValuesIn(std::vector<Case>{
                             {std::nullopt, NamesFor::one_image, "deepcache-gen-43.png"},
                             {std::nullopt, NamesFor::several_images, "deepcache-gen-43.png"},
                             {"x.png", NamesFor::one_image, "x.png"},
                             {"X.PNG", NamesFor::one_image, "X.PNG"},
                             {"a/b/x.png", NamesFor::several_images, "a/b/x_001.png"},
                             {"X.PNG", NamesFor::several_images, "X_001.PNG"},
                             {"a.b.png", NamesFor::several_images, "a.b_001.png"},
                             {"x.jpg", NamesFor::one_image, "x.jpg"},
                             {"a.b.JPEG", NamesFor::several_images, "a.b_001.JPEG"},
                             {"x-%02d.webp", NamesFor::list, "x-01.webp"},
                             {"x%d.png", NamesFor::several_images, "x1.png"},
                             {"x%d.png", NamesFor::one_image, "x1.png"},
                             {"x-%03d.png", NamesFor::several_images, "x-001.png"},
                             {"%04d/x.png", NamesFor::several_images, "0001/x.png"},
                             {"50%%.png", NamesFor::one_image, "50%.png"},
                             {"50%%-%02d%%.png", NamesFor::several_images, "50%-01%.png"},
                             {"50%%.png", NamesFor::several_images, "50%_001.png"},
                             {"no/such/folder/", NamesFor::several_images, "no/such/folder/43.png"},
                             {"a%s/", NamesFor::several_images, "a%s/43.png"},
                             {std::nullopt, NamesFor::list, "deepcache-gen-00001.png"},
                             {"folder/", NamesFor::list, "folder/00001.png"},
                             {"x.png", NamesFor::list, "x_001.png"},
                             {"x-%d.png", NamesFor::list, "x-1.png"},
                         }));

TEST(OutputNames, NumbersTheImagesOfOnePromptOfAList) {
  EXPECT_EQ(with_image_number("a.b/00007.png", 12), "a.b/00007_012.png");
  EXPECT_EQ(with_image_number("x.PNG", 0), "x_000.PNG");
}

TEST(OutputNames, GrowsBeyondItsDigits) {
  EXPECT_EQ(OutputNames("x.png", NamesFor::several_images).of(1234, 0), "x_1234.png");
}

TEST(OutputNames, TakesAnExistingFolder) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "100%.png");
  EXPECT_EQ(OutputNames((folder / "100%.png").string(), NamesFor::one_image).of(0, 42), folder / "100%.png" / "42.png");
}

TEST(OutputNames, RejectsWhatItWouldNotWrite) {
  for (const char* name : {"x.gif", "x", "x.png.gz", ".png", ".jpg", "x%d"}) {
    EXPECT_THAT(
        [&] { OutputNames(name, NamesFor::one_image); },
        ThrowsMessage<UsageError>(AllOf(HasSubstr(name), HasSubstr("end the name in .png, .jpg, .jpeg or .webp"))));
  }
  for (const char* name : {"x%s.png", "x%.png", "x%3d.png", "x%d-%d.png", "x%0123d.png", "x%00d.png", "x.png%"}) {
    EXPECT_THAT([&] { OutputNames(name, NamesFor::one_image); },
                ThrowsMessage<UsageError>(AllOf(HasSubstr(name), HasSubstr("%03d"), HasSubstr("%%"))));
  }
  EXPECT_THROW(OutputNames("", NamesFor::one_image), UsageError);
}

TEST(OutputNames, RejectsWhatWouldForgeOrHideAResult) {
  for (const char* name : {"a\nb.png", "\x1b]0;x\x07.png", "a\x7f.png", "a\u009b2J.png", "gnp.\u202exe.png", "a\t/"}) {
    EXPECT_THAT([&] { OutputNames(name, NamesFor::one_image); },
                ThrowsMessage<UsageError>(HasSubstr("': holds a control character; choose a name without")));
  }
  for (const char* name : {"\u6d77 \u05d0.png", "a'b\\c.png", "latin1-\xe9.png"}) {
    EXPECT_EQ(OutputNames(name, NamesFor::one_image).of(0, 0), name);
  }
}

}  // namespace
}  // namespace deepcache_gen
