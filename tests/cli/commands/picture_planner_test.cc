#include "cli/commands/picture_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>

#include "cli/output/example_run.h"
#include "cli/output/picture_content.h"
#include "cli/output/picture_report.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

GenerationPlan plan_as_asked(const GenerationRequest& request) {
  GenerationPlan plan = example_plan(request.image_count);
  plan.settings.prompt = request.prompt;
  plan.settings.seed = request.seed.value();
  return plan;
}

PicturePlanner planner(std::optional<std::string> output = {}) {
  return {plan_as_asked, example_identity, [] { return 99; }, std::move(output)};
}

PictureRequest entry(std::optional<int> item, int images = 1) {
  PictureRequest entry{.own_output = false, .item = item, .source = item ? "p.txt:1" : ""};
  entry.request.image_count = images;
  entry.request.seed = 5;
  return entry;
}

TEST(PicturePlanner, GivesEveryImageOfAPromptItsSeedAndFile) {
  PictureRequest two = entry({}, 2);
  two.output = "x.png";
  const std::vector<Picture> pictures = planner("x.png").plan(two);
  ASSERT_EQ(pictures.size(), 2u);
  EXPECT_EQ(pictures[1].seed(), 6);
  EXPECT_EQ(pictures[1].file, "x_001.png");
  EXPECT_TRUE(pictures[1].seed_chosen);
  EXPECT_EQ(pictures[0].plan, pictures[1].plan);
}

TEST(PicturePlanner, DrawsASeedWhereNoneIsChosen) {
  PictureRequest unseeded = entry({});
  unseeded.request.seed.reset();
  const std::vector<Picture> pictures = planner().plan(unseeded);
  EXPECT_EQ(pictures[0].seed(), 99);
  EXPECT_FALSE(pictures[0].seed_chosen);
}

// Two pictures of a run may be of different tasks, which read other parts of the model.
TEST(PicturePlanner, APictureKnowsWhatOfTheModelItIsMadeOf) {
  const auto identify = [](const GenerationSettings& settings) {
    ModelIdentity identity = example_run().model;
    identity.parts["for " + settings.prompt] = {};
    return std::make_shared<const ModelIdentity>(identity);
  };
  const PicturePlanner by_prompt(plan_as_asked, identify, [] { return 99; }, {});
  for (const char* prompt : {"a", "b"}) {
    PictureRequest asked = entry({});
    asked.request.prompt = prompt;
    EXPECT_TRUE(by_prompt.plan(asked).front().model->parts.contains(std::string("for ") + prompt));
  }
}

TEST(PicturePlanner, NamesThePicturesOfAListByItsNumbers) {
  EXPECT_EQ(planner("out/").plan(entry(12))[0].file, "out/00012.png");
  EXPECT_EQ(planner("out/%03d.png").plan(entry(12, 2))[1].file, "out/012_001.png");
  EXPECT_EQ(planner().plan(entry(0))[0].file, "deepcache-gen-00000.png");
}

TEST(PicturePlanner, APromptOfAListMayNameItsOwnFiles) {
  PictureRequest own = entry(12, 2);
  own.own_output = true;
  own.output = "barn-%d.png";
  EXPECT_EQ(planner("out/").plan(own)[1].file, "barn-1.png");
}

TEST(DistinctFiles, RejectsOneFileForTwoPictures) {
  DistinctFiles files;
  files.add(example_picture("out/x.png"));
  files.add(example_picture("out/y.png"));
  EXPECT_THAT([&] { files.add(example_picture("out/../out/./x.png")); },
              ThrowsMessage<UsageError>(HasSubstr("another prompt of the list goes to the same file")));
}

TEST(RandomSeed, DiffersAndFitsIn32Bits) {
  std::set<std::int64_t> seeds;
  for (int i = 0; i < 16; ++i) seeds.insert(random_seed());
  EXPECT_GE(*seeds.begin(), 0);
  EXPECT_LE(*seeds.rbegin(), 0xFFFFFFFF);
  EXPECT_GT(seeds.size(), 14u);  // two equal ones among 16 come up once in 36 million runs
}

using testing::HasSubstr;
using testing::ThrowsMessage;

class PictureFilesTest : public testing::Test {
 protected:
  PictureFiles files(bool resume, bool overwrite) {
    OutputOptions options;
    options.resume = resume;
    options.overwrite = overwrite;
    return PictureFiles(options);
  }
  void make() { write_file_atomically(picture_.file, picture_bytes(example_run(), picture_, example_image())); }

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

TEST_F(PictureFilesTest, APictureOfOtherPartsIsAnother) {
  make();
  ModelIdentity other = *picture_.model;
  other.parts["unet"].sha256 = std::string(64, 'b');
  picture_.model = std::make_shared<const ModelIdentity>(other);
  EXPECT_THAT([&] { files(true, false).is_made(picture_); }, ThrowsMessage<UsageError>(HasSubstr("--overwrite")));
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
