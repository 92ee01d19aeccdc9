#include "cli/commands/list_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "cli/output/example_run.h"
#include "cli/output/picture_png.h"
#include "support/atomic_file.h"
#include "support/error.h"
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
  PicturePlanner planner_{plan_as_asked, [] { return 5; }, (folder_ / "%d.png").string()};
  PictureFiles files_{resuming(), example_run().model};
  PictureReport writer_{resuming(), Results(results_)};
  Messages messages_{said_, MessageOptions{}};
};

TEST_F(ListPlanTest, KeepsWhatIsMadeApart) {
  for (const char* prompt : {"a", "b", "c"}) add(prompt);
  const Picture there = plan().to_make[1];
  write_file_atomically(there.file, picture_png(example_run(), there, example_image()));
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

}  // namespace
}  // namespace deepcache_gen
