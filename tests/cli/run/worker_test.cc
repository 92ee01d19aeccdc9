#include "cli/run/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <new>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "cli/run/fake_engine.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

// Writes into the stream that messages go to, so that the order can be seen.
class RecordingProgress : public Progress {
 public:
  explicit RecordingProgress(std::ostream& out) : out_(out) {}
  void begin_batch(const BatchPlace& place) override {
    out_ << "<" << place.first << "+" << place.images << "/" << place.total.value_or(-1) << ">";
  }
  void on_step(const StepReport&) override {}
  void clear() override { out_ << "<clear>"; }

 private:
  std::ostream& out_;
};

class WorkerTest : public testing::Test {
 protected:
  // One picture of that prompt; it goes to PROMPT.png.
  void add(const std::string& prompt) {
    GenerationPlan plan = example_plan();
    plan.settings.prompt = prompt;
    Picture picture = example_picture(folder_ / (prompt + ".png"), 0, plan);
    picture.item = static_cast<int>(pictures_.size());
    picture.source = "list:" + prompt;
    pictures_.add(std::move(picture));
  }

  // Makes all pictures that were added.
  void work() {
    const auto total = static_cast<int>(pictures_.size());
    run_.emplace(alone<Engine>(std::make_unique<BorrowedEngine>(engine_)),
                 alone<Progress>(std::make_unique<RecordingProgress>(said_)),
                 PictureRun::Outlets{writer_, step_files_, messages_, [] { return false; }}, total);
    WorkQueue queue(1, std::move(pictures_), nullptr, [] { return false; });
    Worker(0, engine_, queue, *run_).work();
  }

  bool is_there(const std::string& prompt) const { return std::filesystem::exists(folder_ / (prompt + ".png")); }

  TemporaryFolder folder_;
  FakeEngine engine_{2};
  std::ostringstream said_, results_;
  Messages messages_{said_, MessageOptions{}};
  PictureReport writer_{{}, Results(results_)};
  ModelInfo model_{.preview = PreviewMap{}};
  StepFiles step_files_{{}, model_};
  PictureQueue pictures_;
  std::optional<PictureRun> run_;
};

TEST_F(WorkerTest, PromptsOfDifferentLengthsShareNoBatch) {
  engine_.length_of = [](const std::string& prompt) {
    if (prompt == "bad") throw Error("can't be read");
    return std::vector{prompt.size()};
  };
  engine_.problem = [](const ImageJob& job) { return job.plan->settings.prompt == "bad" ? "can't be read" : ""; };
  for (const char* prompt : {"a", "bb", "c", "bad", "d", "e"}) add(prompt);
  work();
  EXPECT_THAT(engine_.batches(), ElementsAre(ElementsAre("a"), ElementsAre("bb"), ElementsAre("c"), ElementsAre("bad"),
                                             ElementsAre("d", "e")));
  EXPECT_EQ(run_->made(), 5);
}

TEST_F(WorkerTest, MakesAllInBatchesAsLargeAsTheEngineAllows) {
  for (const char* prompt : {"a", "b", "c"}) add(prompt);
  work();
  EXPECT_THAT(engine_.batches(), ElementsAre(ElementsAre("a", "b"), ElementsAre("c")));
  EXPECT_EQ(run_->made(), 3);
  EXPECT_NO_THROW(run_->require_no_failures());
  EXPECT_TRUE(is_there("a") && is_there("b") && is_there("c"));
  EXPECT_THAT(said_.str(), HasSubstr("<0+2/3>"));
  EXPECT_THAT(said_.str(), HasSubstr("<2+1/3>"));
}

TEST_F(WorkerTest, GoesOnAfterAnImageThatFailed) {
  for (const char* prompt : {"a", "b", "c"}) add(prompt);
  engine_.problem = [](const ImageJob& job) { return job.plan->settings.prompt == "a" ? "not finite" : ""; };
  work();
  EXPECT_EQ(run_->made(), 2);
  EXPECT_THAT(said_.str(), HasSubstr("deepcache-gen: error: list:a: not finite\n"));
  EXPECT_THAT([&] { run_->require_no_failures(); },
              ThrowsMessage<Error>(HasSubstr("1 of 3 images could not be made: list:a")));
}

TEST_F(WorkerTest, TriesTheImagesOfAFailedBatchOneByOne) {
  for (const char* prompt : {"a", "b", "c", "d"}) add(prompt);
  engine_.before_batch = [](const std::vector<ImageJob>& batch) {
    for (const ImageJob& job : batch) {
      if (job.plan->settings.prompt == "b") throw std::bad_alloc();
    }
  };
  work();
  EXPECT_THAT(engine_.batches(),
              ElementsAre(ElementsAre("a", "b"), ElementsAre("a"), ElementsAre("b"), ElementsAre("c", "d")));
  EXPECT_EQ(run_->made(), 3);
  EXPECT_THAT(said_.str(), HasSubstr("error: list:b: out of memory"));
}

TEST_F(WorkerTest, GoesOnAfterWhatAForeignLibraryThrows) {
  for (const char* prompt : {"a", "b", "c"}) add(prompt);
  engine_.before_batch = [](const std::vector<ImageJob>& batch) {
    if (batch.front().plan->settings.prompt == "a") throw std::runtime_error("CUDA error: unspecified launch failure");
  };
  work();
  EXPECT_EQ(run_->made(), 2);
  EXPECT_THAT(said_.str(), HasSubstr("error: list:a: CUDA error: unspecified launch failure\n"));
}

// The engine waits for the file of the batch before: a write that the generating thread did would never end.
TEST_F(WorkerTest, WritesAPictureWhileTheNextIsMade) {
  for (const char* prompt : {"a", "b"}) add(prompt);
  engine_ = FakeEngine(1);
  bool written_meanwhile = false;
  engine_.before_batch = [&](const std::vector<ImageJob>& batch) {
    if (batch.front().plan->settings.prompt != "b") return;
    for (int i = 0; i < 1000 && !written_meanwhile; ++i) {
      written_meanwhile = is_there("a");
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  };
  work();
  EXPECT_TRUE(written_meanwhile);
  EXPECT_TRUE(is_there("b")) << "the run ends after the last is written";
}

TEST_F(WorkerTest, ShowsPreviews) {
  step_files_ = StepFiles({.preview = folder_ / "preview.png"}, model_);
  add("a");
  work();
  EXPECT_TRUE(is_there("preview"));
}

TEST_F(WorkerTest, APreviewThatCanNotBeWrittenIsNotWorthAPicture) {
  step_files_ = StepFiles({.preview = folder_ / "preview.png"}, model_);
  std::filesystem::create_directory(folder_ / "preview.png");
  for (const char* prompt : {"a", "b"}) add(prompt);
  work();
  EXPECT_EQ(run_->made(), 2);
  EXPECT_THAT(said_.str(), HasSubstr("deepcache-gen: warning: list:a: "));
}

TEST_F(WorkerTest, GoesOnWhereOneFileCanNotBeWritten) {
  for (const char* prompt : {"a", "b"}) add(prompt);
  std::filesystem::create_directory(folder_ / "a.png");
  work();
  EXPECT_TRUE(is_there("b"));
  EXPECT_EQ(run_->made(), 1);
  EXPECT_THAT(said_.str(), HasSubstr("error: list:a: "));
}

TEST_F(WorkerTest, EndsWhereNothingMoreCanBePutOut) {
  for (const char* prompt : {"a", "b", "c"}) add(prompt);
  results_.setstate(std::ios::badbit);
  EXPECT_THROW(work(), NoMoreOutput);
  EXPECT_EQ(engine_.batches().size(), 1u);
  EXPECT_TRUE(is_there("a")) << "what is written stays";
}

// What became of the picture before is known only while the next one is made.
TEST_F(WorkerTest, EndsWhereAnEarlierPictureCouldNotBePutOut) {
  for (const char* prompt : {"a", "b", "c", "d"}) add(prompt);
  engine_ = FakeEngine(1);
  results_.setstate(std::ios::badbit);
  EXPECT_THROW(work(), NoMoreOutput);
  EXPECT_LE(engine_.batches().size(), 2u);
  EXPECT_TRUE(run_->stop_requested());
}

TEST_F(WorkerTest, AnInterruptionHidesNoFailureToPutOut) {
  for (const char* prompt : {"a", "b"}) add(prompt);
  engine_ = FakeEngine(1);
  results_.setstate(std::ios::badbit);
  engine_.before_batch = [](const std::vector<ImageJob>& batch) {
    if (batch.front().plan->settings.prompt == "b") throw Interrupted();
  };
  EXPECT_THROW(work(), NoMoreOutput);
}

TEST_F(WorkerTest, PassesAnInterruptionOn) {
  add("a");
  engine_.before_batch = [](const auto&) { throw Interrupted(); };
  EXPECT_THROW(work(), Interrupted);
}

TEST_F(WorkerTest, SaysTheProblemOfALoneImageOnce) {
  add("a");
  engine_.problem = [](const auto&) { return "not finite"; };
  work();
  EXPECT_THAT(said_.str(), Not(HasSubstr("not finite")));
  EXPECT_THAT([&] { run_->require_no_failures(); }, ThrowsMessage<Error>(HasSubstr("list:a: not finite")));
}

}  // namespace

}  // namespace deepcache_gen
