#include "cli/commands/stream_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>
#include <string_view>

#include "cli/run/fake_engine.h"
#include "cli/run/worker.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class StreamFeedTest : public testing::Test {
 protected:
  StreamFeedTest() {
    if (::pipe(ends_) != 0) throw std::runtime_error("no pipe");
  }
  ~StreamFeedTest() override {
    ::close(ends_[0]);
    hang_up();
  }

  void send(std::string_view text) {
    ASSERT_EQ(::write(ends_[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  void hang_up() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

  static GenerationPlan plan_as_asked(const GenerationRequest& request) {
    GenerationPlan plan = example_plan(request.image_count);
    plan.settings.prompt = request.prompt;
    plan.settings.seed = request.seed.value();
    return plan;
  }
  static OutputOptions options() {
    OutputOptions options;
    options.resume = options.json = true;
    return options;
  }

  // Makes all prompts of the stream.
  void make_all(std::optional<Shard> shard = {}) {
    PromptStream stream(ends_[0], "stdin", {}, [this] { return interrupted_; });
    begin_run();
    StreamFeed feed(stream, shard, planner_, files_, words_note_, *run_);
    WorkQueue queue(1, {}, &feed, [this] { return interrupted_; });
    Worker(0, engine_, queue, *run_).work();
  }

  void begin_run() {
    run_.emplace(alone<Engine>(std::make_unique<BorrowedEngine>(engine_)), make_progress(Verbosity::quiet),
                 example_run().model, PictureRun::Outlets{writer_, step_files_, messages_, [] { return false; }},
                 std::nullopt);
  }

  int ends_[2];
  bool interrupted_ = false;
  TemporaryFolder folder_;
  std::ostringstream said_, results_;
  FakeEngine engine_{2};
  Messages messages_{said_, MessageOptions{}};
  PictureReport writer_{options(), Results(results_)};
  ModelInfo model_;
  WordsNote words_note_{model_};
  StepFiles step_files_{{}, model_};
  PicturePlanner planner_{plan_as_asked, [] { return 5; }, (folder_ / "%d.png").string()};
  PictureFiles files_{options(), example_run().model};
  std::optional<PictureRun> run_;
};

TEST_F(StreamFeedTest, WhatHasArrivedTogetherSharesBatches) {
  send("a\nb\nc\n");
  hang_up();
  make_all();
  EXPECT_THAT(engine_.batches(), ElementsAre(ElementsAre("a", "b"), ElementsAre("c")));
  EXPECT_EQ(run_->made(), 3);
}

TEST_F(StreamFeedTest, APromptIsMadeBeforeTheNextArrives) {
  send("a\n");
  engine_.before_batch = [&](const std::vector<ImageJob>& batch) {
    if (batch.front().plan->settings.prompt != "a") return;
    send("b\n");
    hang_up();
  };
  make_all();
  EXPECT_THAT(engine_.batches(), ElementsAre(ElementsAre("a"), ElementsAre("b")));
}

TEST_F(StreamFeedTest, AWrongLineIsReportedAndTheRestIsMade) {
  send("a --setps 3\nb\n");
  hang_up();
  make_all();
  EXPECT_THAT(engine_.batches(), ElementsAre(ElementsAre("b")));
  EXPECT_THAT(results_.str(), HasSubstr("did you mean '--steps'"));
  EXPECT_THAT(said_.str(), HasSubstr("error: stdin:1: "));
  EXPECT_THROW(run_->require_no_failures(), Error);
}

TEST_F(StreamFeedTest, AFileThatIsInTheWayIsReported) {
  write_text(folder_ / "0.png", "mine");
  send("a\nb\n");
  hang_up();
  make_all();
  EXPECT_THAT(engine_.batches(), ElementsAre(ElementsAre("b")));
  EXPECT_THAT(said_.str(), HasSubstr("--overwrite"));
  EXPECT_EQ(read_text(folder_ / "0.png"), "mine");
}

TEST_F(StreamFeedTest, WhatIsMadeIsSkippedAndSaid) {
  send("a\nb\n");
  hang_up();
  make_all();
  results_.str("");
  int again[2];
  ASSERT_EQ(::pipe(again), 0);
  ::close(ends_[0]);
  ends_[0] = again[0];
  ends_[1] = again[1];
  send("a\nb\nc\n");
  hang_up();
  make_all();
  EXPECT_EQ(run_->made(), 1);
  EXPECT_THAT(results_.str(), HasSubstr("\"skipped\":true"));
}

TEST_F(StreamFeedTest, AShardMakesItsOwnOnly) {
  send("a\nb --setps\nc\nd\n");
  hang_up();
  make_all(Shard{1, 2});
  EXPECT_THAT(engine_.batches(), ElementsAre(ElementsAre("a", "c")));
  EXPECT_EQ(said_.str(), "");
}

TEST_F(StreamFeedTest, DoesNotWaitWhereItMayNot) {
  PromptStream stream(ends_[0], "stdin", {}, [] { return false; });
  begin_run();
  StreamFeed feed(stream, {}, planner_, files_, words_note_, *run_);
  int asked = 0;
  EXPECT_FALSE(feed.next([&] { return ++asked < 2; }));
  EXPECT_EQ(asked, 2);
  EXPECT_FALSE(feed.ended());
}

TEST_F(StreamFeedTest, StopsWhereTheUserWantsToWhileItWaits) {
  interrupted_ = true;
  EXPECT_THROW(make_all(), Interrupted);
}

}  // namespace
}  // namespace deepcache_gen
