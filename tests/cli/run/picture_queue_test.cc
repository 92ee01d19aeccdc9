#include "cli/run/picture_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output/example_run.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

Picture picture(const std::string& name, int width) {
  GenerationPlan plan = example_plan();
  plan.settings.width = width;
  return example_picture(name, 0, plan);
}

std::vector<std::string> names(const std::vector<Picture>& batch) {
  std::vector<std::string> result;
  for (const Picture& one : batch) result.push_back(one.file.string());
  return result;
}

TEST(PictureQueue, GathersWhatGoesTogetherAndKeepsTheOrderOfTheRest) {
  PictureQueue queue;
  const std::vector<std::pair<const char*, int>> pictures{{"a", 8}, {"b", 16}, {"c", 8}, {"d", 16}, {"e", 8}, {"f", 8}};
  for (const auto& [name, width] : pictures) queue.add(picture(name, width));
  EXPECT_THAT(names(queue.take_batch(3)), ElementsAre("a", "c", "e"));
  EXPECT_THAT(names(queue.take_batch(3)), ElementsAre("b", "d"));
  EXPECT_THAT(names(queue.take_batch(3)), ElementsAre("f"));
  EXPECT_TRUE(queue.empty());
}

TEST(PictureQueue, ABatchOfOneIsTheFirst) {
  PictureQueue queue;
  queue.add(picture("a", 8));
  queue.add(picture("b", 8));
  EXPECT_THAT(names(queue.take_batch(1)), ElementsAre("a"));
  EXPECT_EQ(queue.front().file, "b");
}

}  // namespace
}  // namespace deepcache_gen
