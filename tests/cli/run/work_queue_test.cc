#include "cli/run/work_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "cli/output/example_run.h"
#include "support/interrupted.h"

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

int two(const GenerationSettings&) { return 2; }
int one(const GenerationSettings&) { return 1; }

Picture picture(const std::string& prompt) {
  GenerationPlan plan = example_plan();
  plan.settings.prompt = prompt;
  return example_picture(prompt + ".png", 0, plan);
}

PictureQueue pictures(const std::string& prompts) {
  PictureQueue queue;
  for (const char prompt : prompts) queue.add(picture(std::string(1, prompt)));
  return queue;
}

std::string prompts(const std::vector<Picture>& batch) {
  std::string text;
  for (const Picture& each : batch) text += each.settings().prompt;
  return text;
}

// A feed whose pictures are put in by hand.
class FakeFeed : public PictureFeed {
 public:
  std::optional<std::vector<Picture>> next(const std::function<bool()>& may_wait) override {
    while (arrived_.empty() && !ended_) {
      if (!may_wait()) return {};
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      waited = true;
      if (interrupt) throw Interrupted();
    }
    if (arrived_.empty()) return {};
    std::vector<Picture> pictures;
    pictures.push_back(picture(std::string(1, arrived_.front())));
    arrived_.erase(0, 1);
    return pictures;
  }
  bool ended() const override { return ended_ && arrived_.empty(); }

  void arrive(const std::string& prompts) { arrived_ += prompts; }
  void end() { ended_ = true; }

  std::atomic<bool> waited = false, interrupt = false;

 private:
  std::string arrived_;
  std::atomic<bool> ended_ = false;
};

class WorkQueueTest : public testing::Test {
 protected:
  WorkQueue queue(std::size_t workers, const std::string& prompts, PictureFeed* feed = nullptr) {
    return WorkQueue(workers, pictures(prompts), feed, [this] { return interrupted_.load(); });
  }

  std::atomic<bool> interrupted_ = false;
};

TEST_F(WorkQueueTest, SharesOutBatchesWithTheirPlaces) {
  WorkQueue queue = this->queue(2, "abc");
  const std::vector<Picture> first = queue.take(1, two), second = queue.take(0, two);
  EXPECT_EQ(prompts(first), "ab");
  EXPECT_EQ(prompts(second), "c");
  EXPECT_EQ(first[1].place, 1u);
  EXPECT_EQ(second[0].place, 2u);
  for (const Picture& each : {first[0], first[1], second[0]}) queue.succeed(each);
  EXPECT_TRUE(queue.take(0, two).empty());
  EXPECT_TRUE(queue.take(1, two).empty());
}

TEST_F(WorkQueueTest, ALoneWorkerGivesNothingBack) {
  WorkQueue queue = this->queue(1, "ab");
  EXPECT_FALSE(queue.give_back(0, queue.take(0, one).front(), "no"));
  EXPECT_EQ(prompts(queue.take(0, one)), "b") << "and goes on";
}

TEST_F(WorkQueueTest, APictureThatOneCanNotMakeIsTriedByTheOther) {
  WorkQueue queue = this->queue(2, "ab");
  const Picture failed = queue.take(0, one).front();
  EXPECT_TRUE(queue.give_back(0, failed, "no"));
  const std::vector<Picture> again = queue.take(1, one);
  EXPECT_EQ(prompts(again), "a") << "before new ones";
  EXPECT_EQ(again.front().place, failed.place);
  const std::vector<Attempt> retired = queue.succeed(again.front());
  ASSERT_EQ(retired.size(), 1u);
  EXPECT_EQ(retired.front().worker, 0u);
  EXPECT_EQ(retired.front().problem, "no");
  queue.succeed(queue.take(1, one).front());
  EXPECT_TRUE(queue.take(0, one).empty());
}

TEST_F(WorkQueueTest, AWorkerThatMayBeBrokenGetsNothingNew) {
  WorkQueue queue = this->queue(2, "ab");
  queue.give_back(0, queue.take(0, one).front(), "no");
  std::atomic<bool> over = false;
  std::jthread doubted([&] {
    EXPECT_TRUE(queue.take(0, one).empty());
    over = true;
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(over) << "it may be needed yet";
  EXPECT_EQ(prompts(queue.take(1, one)), "a");
  Picture tried = picture("a");
  tried.failed = {{0, "no"}};
  queue.succeed(tried);
  const std::vector<Picture> last = queue.take(1, one);
  EXPECT_EQ(prompts(last), "b");
  queue.succeed(last.front());
  EXPECT_TRUE(queue.take(1, one).empty());
}

TEST_F(WorkQueueTest, WhereAllFailThePictureIsToBlame) {
  WorkQueue queue = this->queue(2, "ab");
  queue.give_back(0, queue.take(0, one).front(), "no");
  EXPECT_FALSE(queue.give_back(1, queue.take(1, one).front(), "neither"));
  EXPECT_EQ(prompts(queue.take(0, one)), "b") << "trusted again";
}

TEST_F(WorkQueueTest, TheLastWorkerStays) {
  WorkQueue queue = this->queue(2, "abc");
  queue.give_back(0, queue.take(0, one).front(), "no");
  EXPECT_EQ(queue.succeed(queue.take(1, one).front()).size(), 1u);
  queue.give_back(1, queue.take(1, one).front(), "no");
  const std::vector<Picture> again = queue.take(0, one);
  EXPECT_EQ(prompts(again), "b") << "what came back is tried by all";
  EXPECT_TRUE(queue.succeed(again.front()).empty());
  EXPECT_EQ(prompts(queue.take(1, one)), "c");
}

TEST_F(WorkQueueTest, TakesFromTheFeedWhatHasArrived) {
  FakeFeed feed;
  feed.arrive("abc");
  WorkQueue queue = this->queue(1, "", &feed);
  EXPECT_EQ(prompts(queue.take(0, two)), "ab");
  EXPECT_EQ(prompts(queue.take(0, two)), "c") << "does not wait for a whole batch";
  EXPECT_FALSE(feed.waited);
}

TEST_F(WorkQueueTest, WhoWaitsForTheFeedTakesWhatComesBack) {
  FakeFeed feed;
  WorkQueue queue = this->queue(2, "a", &feed);
  const Picture each = queue.take(0, one).front();
  std::string taken;
  std::jthread reader([&] {
    const std::vector<Picture> batch = queue.take(1, one);
    taken = prompts(batch);
    queue.succeed(batch.front());
    EXPECT_TRUE(queue.take(1, one).empty());
  });
  while (!feed.waited) std::this_thread::yield();
  queue.give_back(0, each, "no");
  while (feed.waited.exchange(false)) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  feed.end();
  reader.join();
  EXPECT_EQ(taken, "a");
}

TEST_F(WorkQueueTest, AnInterruptionEndsTheWaiting) {
  WorkQueue queue = this->queue(2, "a");
  queue.take(0, one);
  std::jthread user([&] { interrupted_ = true; });
  EXPECT_THROW(queue.take(1, one), Interrupted);
}

}  // namespace

}  // namespace deepcache_gen
