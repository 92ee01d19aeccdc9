#include "cli/commands/planned_prompts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>
#include <string_view>

#include "cli/output/example_run.h"
#include "cli/output/picture_content.h"
#include "cli/run/fake_engine.h"
#include "cli/run/worker.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

class ListPlanTest : public testing::Test {
 protected:
  static GenerationPlan plan_as_asked(const GenerationRequest& request) {
    if (request.prompt == "bad") throw UsageError("--steps 0: expected 1 to 1000");
    GenerationPlan plan = example_plan(request.image_count);
    plan.settings.prompt = request.prompt;
    plan.settings.seed = request.seed.value();
    return plan;
  }

  void add(const std::string& prompt, int images = 1) {
    const int item = static_cast<int>(list_.entries.size() + list_.bad_lines.size());
    PictureRequest entry{.own_output = false, .item = item, .source = "p.txt:" + std::to_string(item + 1)};
    entry.request.prompt = prompt;
    entry.request.image_count = images;
    entry.request.seed = 1;
    list_.entries.push_back(entry);
  }
  void add_bad_line() {
    const int item = static_cast<int>(list_.entries.size() + list_.bad_lines.size());
    list_.bad_lines.push_back({item, "p.txt:" + std::to_string(item + 1), "is wrong"});
  }

  ListPlan plan() { return plan_list(list_, options_, planner_, files_); }

  static std::vector<std::string> prompts_of(const std::vector<Picture>& pictures) {
    std::vector<std::string> prompts;
    for (const Picture& picture : pictures) prompts.push_back(picture.settings().prompt);
    return prompts;
  }

  static OutputOptions resuming() {
    OutputOptions options;
    options.resume = options.json = true;
    return options;
  }

  TemporaryFolder folder_;
  std::ostringstream said_, results_;
  PromptList list_;
  PromptListOptions options_{.file = "p.txt"};
  PicturePlanner planner_{plan_as_asked, example_identity, [] { return 5; }, (folder_ / "%d.png").string()};
  PictureFiles files_{resuming()};
  PictureReport writer_{resuming(), Results(results_)};
  Messages messages_{said_, MessageOptions{}};
};

TEST_F(ListPlanTest, KeepsWhatIsMadeApart) {
  for (const char* prompt : {"a", "b", "c"}) add(prompt);
  const Picture there = plan().to_make[1];
  write_file_atomically(there.file, picture_bytes(example_run(), there, example_image()));
  const ListPlan planned = plan();
  EXPECT_THAT(prompts_of(planned.to_make), ElementsAre("a", "c"));
  EXPECT_THAT(prompts_of(planned.done), ElementsAre("b"));
}

TEST_F(ListPlanTest, ListsProblemsInTheOrderOfTheLines) {
  add("a");
  add("bad");
  add_bad_line();
  add("bad");
  EXPECT_THAT(plan().problems,
              ElementsAre(AllOf(Field(&BadLine::source, "p.txt:2"), Field(&BadLine::problem, HasSubstr("--steps 0"))),
                          AllOf(Field(&BadLine::source, "p.txt:3"), Field(&BadLine::problem, "is wrong")),
                          Field(&BadLine::source, "p.txt:4")));
  EXPECT_THAT(prompts_of(plan().to_make), ElementsAre("a"));
}

TEST_F(ListPlanTest, PlansAPromptAsAWholeOrNotAtAll) {
  add("a", 3);
  write_text(folder_ / "0_001.png", "mine");
  const ListPlan planned = plan();
  EXPECT_EQ(planned.to_make.size(), 0u);
  EXPECT_EQ(planned.problems.size(), 1u);
}

TEST_F(ListPlanTest, AShardHasItsPromptsAndItsProblemsOnly) {
  for (const char* prompt : {"a", "bad", "c"}) add(prompt);
  add_bad_line();
  add("e");
  options_.shard = Shard{1, 2};
  EXPECT_THAT(prompts_of(plan().to_make), ElementsAre("a", "c", "e"));
  EXPECT_TRUE(plan().problems.empty());
  options_.shard = Shard{2, 2};
  EXPECT_TRUE(plan().to_make.empty());
  EXPECT_EQ(plan().problems.size(), 2u);
}

TEST_F(ListPlanTest, TwoPromptsForOneFileAreAProblem) {
  add("a");
  add("b");
  for (PictureRequest& entry : list_.entries) {
    entry.own_output = true;
    entry.output = (folder_ / "same.png").string();
  }
  EXPECT_THAT(plan().problems, ElementsAre(Field(&BadLine::problem, HasSubstr("same file"))));
}

TEST_F(ListPlanTest, WithoutAListAProblemIsTheErrorItself) {
  add("bad");
  list_.entries.front().item.reset();
  EXPECT_THAT([&] { plan(); }, ThrowsMessage<UsageError>("--steps 0: expected 1 to 1000"));
}

TEST_F(ListPlanTest, ProblemsEndARunBeforeItBegins) {
  const std::vector<BadLine> problems{{0, "p.txt:1", "is wrong"}, {2, "p.txt:3", "is odd"}};
  EXPECT_THAT([&] { report_problems(problems, options_, writer_, messages_); },
              ThrowsMessage<UsageError>(HasSubstr("2 prompts are not accepted, so nothing was made")));
  EXPECT_EQ(said_.str(), "deepcache-gen: error: p.txt:1: is wrong\ndeepcache-gen: error: p.txt:3: is odd\n");
  EXPECT_EQ(results_.str(), "");
}

TEST_F(ListPlanTest, SkippedProblemsAreWarningsAndRecords) {
  options_.skip_bad_lines = true;
  report_problems({{2, "p.txt:3", "is odd"}}, options_, writer_, messages_);
  EXPECT_EQ(said_.str(), "deepcache-gen: warning: p.txt:3: is odd; skipped\n");
  EXPECT_THAT(results_.str(), AllOf(HasSubstr("\"item\":2"), HasSubstr("is odd"), Not(HasSubstr("skipped"))));
}

TEST_F(ListPlanTest, NoProblemsAreNoReport) {
  report_problems({}, options_, writer_, messages_);
  EXPECT_EQ(said_.str() + results_.str(), "");
}

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
    StreamFeed feed(stream, shard, planner_, files_, prompt_notes_, *run_);
    WorkQueue queue(1, {}, &feed, [this] { return interrupted_; });
    Worker(0, engine_, queue, *run_).work();
  }

  void begin_run() {
    run_.emplace(alone<Engine>(std::make_unique<BorrowedEngine>(engine_)), make_progress(Verbosity::quiet),
                 PictureRun::Outlets{writer_, step_files_, messages_, [] { return false; }}, std::nullopt);
  }

  int ends_[2];
  bool interrupted_ = false;
  TemporaryFolder folder_;
  std::ostringstream said_, results_;
  FakeEngine engine_{2};
  Messages messages_{said_, MessageOptions{}};
  PictureReport writer_{options(), Results(results_)};
  ModelInfo model_;
  PromptNotes prompt_notes_{model_};
  StepFiles step_files_{{}, model_};
  PicturePlanner planner_{plan_as_asked, example_identity, [] { return 5; }, (folder_ / "%d.png").string()};
  PictureFiles files_{options()};
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
  StreamFeed feed(stream, {}, planner_, files_, prompt_notes_, *run_);
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
