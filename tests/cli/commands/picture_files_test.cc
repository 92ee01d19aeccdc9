#include "cli/commands/picture_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/output/example_run.h"
#include "cli/output/image_writer.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

class PictureFilesTest : public testing::Test {
 protected:
  PictureFiles files(bool resume, bool overwrite) {
    OutputOptions options;
    options.resume = resume;
    options.overwrite = overwrite;
    return {options, example_run().model};
  }
  void make() { write_file_atomically(picture_.file, picture_png(example_run(), picture_, example_image())); }

  TemporaryFolder folder_;
  Picture picture_ = example_picture(folder_ / "new/a.png");
};

TEST_F(PictureFilesTest, WhatIsNotThereIsToBeMade) {
  EXPECT_FALSE(files(true, false).is_made(picture_));
  EXPECT_TRUE(std::filesystem::is_directory(folder_ / "new")) << "so that it can't fail later";
}

TEST_F(PictureFilesTest, TheSamePictureIsSkippedOnlyToResume) {
  make();
  EXPECT_TRUE(files(true, false).is_made(picture_));
  EXPECT_TRUE(files(true, true).is_made(picture_));
  EXPECT_FALSE(files(false, false).is_made(picture_));
}

TEST_F(PictureFilesTest, SomethingElseIsReplacedOnlyWhereThatIsAsked) {
  make();
  GenerationPlan plan = example_plan();
  plan.settings.prompt = "another boat";
  picture_ = example_picture(folder_ / "new/a.png", 0, plan);
  for (const bool resume : {false, true}) {
    EXPECT_THAT([&] { files(resume, false).is_made(picture_); }, ThrowsMessage<UsageError>(HasSubstr("--overwrite")));
    EXPECT_FALSE(files(resume, true).is_made(picture_));
  }
}

TEST_F(PictureFilesTest, APlaceThatCanNotBeWrittenIsFoundOutBefore) {
  write_text(folder_ / "file", "");
  EXPECT_THAT([&] { files(false, false).is_made(example_picture(folder_ / "file/a.png")); },
              ThrowsMessage<Error>(HasSubstr("file/a.png: cannot be written")));
}

}  // namespace
}  // namespace deepcache_gen
