#include "cli/commands/picture_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output/example_run.h"
#include "support/error.h"

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
  return {plan_as_asked, [] { return 99; }, std::move(output)};
}

PromptEntry entry(std::optional<int> item, int images = 1) {
  PromptEntry entry{item, item ? "p.txt:1" : "", {}, false};
  entry.picture.request.image_count = images;
  entry.picture.request.seed = 5;
  return entry;
}

TEST(PicturePlanner, GivesEveryImageOfAPromptItsSeedAndFile) {
  PromptEntry two = entry({}, 2);
  two.picture.output = "x.png";
  const std::vector<Picture> pictures = planner("x.png").plan(two);
  ASSERT_EQ(pictures.size(), 2u);
  EXPECT_EQ(pictures[1].job.seed(), 6);
  EXPECT_EQ(pictures[1].file, "x_001.png");
  EXPECT_TRUE(pictures[1].seed_chosen);
  EXPECT_EQ(pictures[0].job.plan, pictures[1].job.plan);
}

TEST(PicturePlanner, DrawsASeedWhereNoneIsChosen) {
  PromptEntry unseeded = entry({});
  unseeded.picture.request.seed.reset();
  const std::vector<Picture> pictures = planner().plan(unseeded);
  EXPECT_EQ(pictures[0].job.seed(), 99);
  EXPECT_FALSE(pictures[0].seed_chosen);
}

TEST(PicturePlanner, NamesThePicturesOfAListByItsNumbers) {
  EXPECT_EQ(planner("out/").plan(entry(12))[0].file, "out/00012.png");
  EXPECT_EQ(planner("out/%03d.png").plan(entry(12, 2))[1].file, "out/012_001.png");
  EXPECT_EQ(planner().plan(entry(0))[0].file, "deepcache-gen-00000.png");
}

TEST(PicturePlanner, APromptOfAListMayNameItsOwnFiles) {
  PromptEntry own = entry(12, 2);
  own.own_output = true;
  own.picture.output = "barn-%d.png";
  EXPECT_EQ(planner("out/").plan(own)[1].file, "barn-1.png");
}

TEST(DistinctFiles, RejectsOneFileForTwoPictures) {
  DistinctFiles files;
  files.add(example_picture("out/x.png"));
  files.add(example_picture("out/y.png"));
  EXPECT_THAT([&] { files.add(example_picture("out/../out/./x.png")); },
              ThrowsMessage<UsageError>(HasSubstr("another prompt of the list goes to the same file")));
}

}  // namespace
}  // namespace deepcache_gen
