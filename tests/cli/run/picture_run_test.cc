#include "cli/run/picture_run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <sstream>
#include <string>
#include <thread>

#include "cli/run/fake_engine.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

class InOrderTest : public testing::Test {
 protected:
  void put(std::size_t place) {
    in_order_.put(place, [this, place] { done_ += std::to_string(place); });
  }

  InOrder in_order_;
  std::string done_;
};

TEST_F(InOrderTest, ActsAtOnceWhereNothingIsMissing) {
  put(0);
  EXPECT_EQ(done_, "0");
  put(1);
  EXPECT_EQ(done_, "01");
}

TEST_F(InOrderTest, WaitsForLowerPlaces) {
  put(2);
  put(1);
  EXPECT_EQ(done_, "");
  put(0);
  EXPECT_EQ(done_, "012");
}

TEST_F(InOrderTest, DoesTheRestWhereOneNeverComes) {
  put(3);
  put(1);
  in_order_.do_the_rest();
  EXPECT_EQ(done_, "13");
}

TEST_F(InOrderTest, GoesOnAfterAnActionThatThrows) {
  in_order_.put(1, [this] { done_ += "1"; });
  EXPECT_THROW(in_order_.put(0, [] { throw 0; }), int);
  in_order_.do_the_rest();
  EXPECT_EQ(done_, "1");
}

std::string prompt_of(const std::vector<ImageJob>& batch) { return batch.front().plan->settings.prompt; }

class PictureRunTest : public testing::Test {
 protected:
  PictureRunTest() {
    for (const char* device : {"cuda:0", "cuda:1"}) {
      engines_.push_back(std::make_unique<FakeEngine>(1));
      engines_.back()->device = device;
      // So slow that both get some.
      engines_.back()->before_batch = [](const auto&) { std::this_thread::sleep_for(std::chrono::milliseconds(2)); };
    }
    first_ = engines_[0].get();
    second_ = engines_[1].get();
  }

  void make(int count, const OutputOptions& options = {}) {
    PictureReport writer(options, Results(results_));
    StepFiles step_files(options, model_);
    std::vector<std::unique_ptr<Engine>> engines;
    for (auto& engine : engines_) engines.push_back(std::move(engine));
    run_.emplace(std::move(engines), make_progress(Verbosity::quiet, 2),
                 PictureRun::Outlets{writer, step_files, messages_, [this] { return interrupted_.load(); }}, count);
    run_->make_all(pictures(count), nullptr, [this] { said_ << "<end>"; });
  }

  PictureQueue pictures(int count) const {
    PictureQueue queue;
    for (int i = 0; i < count; ++i) {
      GenerationPlan plan = example_plan();
      plan.settings.prompt = std::to_string(i);
      Picture picture = example_picture(folder_ / (plan.settings.prompt + ".png"), 0, plan);
      picture.item = i;
      picture.source = "list:" + std::to_string(i);
      queue.add(std::move(picture));
    }
    return queue;
  }

  std::string paths(int count) const {
    std::string text;
    for (int i = 0; i < count; ++i) text += (folder_ / (std::to_string(i) + ".png")).string() + "\n";
    return text;
  }

  std::size_t batches() const { return first_->batches().size() + second_->batches().size(); }

  TemporaryFolder folder_;
  std::vector<std::unique_ptr<FakeEngine>> engines_;
  FakeEngine *first_, *second_;
  std::ostringstream said_, results_;
  Messages messages_{said_, MessageOptions{}};
  ModelInfo model_;
  std::atomic<bool> interrupted_ = false;
  std::optional<PictureRun> run_;
};

TEST_F(PictureRunTest, DevicesShareThePicturesAndResultsKeepTheirOrder) {
  first_->before_batch = [](const auto& batch) {
    std::this_thread::sleep_for(std::chrono::milliseconds(prompt_of(batch) == "0" ? 30 : 2));
  };
  make(20);
  EXPECT_EQ(results_.str(), paths(20));
  EXPECT_EQ(run_->made(), 20);
  EXPECT_EQ(batches(), 20u);
  EXPECT_FALSE(first_->batches().empty() || second_->batches().empty());
}

TEST_F(PictureRunTest, LatentsKeepTheOrderToo) {
  OutputOptions options;
  options.latents = folder_ / "latents.npy";
  make(6, options);
  EXPECT_THAT(read_text(*options.latents), HasSubstr(" 6, 2, 1, 2)"));
}

TEST_F(PictureRunTest, ADeviceThatFailsLosesNoPrompt) {
  first_->before_batch = [](const auto&) { throw Error("the device fell off the bus"); };
  make(12);
  EXPECT_EQ(results_.str(), paths(12));
  EXPECT_THAT(said_.str(), HasSubstr("warning: cuda:0 failed where cuda:1 did not (the device fell off the bus)"));
  EXPECT_EQ(first_->batches().size(), 1u) << "it gets nothing more";
}

TEST_F(PictureRunTest, ADevicesForeignErrorEndsNoOthersWork) {
  first_->before_batch = [](const auto&) { throw std::runtime_error("CUDA error: an illegal memory access"); };
  make(12);
  EXPECT_EQ(results_.str(), paths(12));
  EXPECT_THAT(said_.str(), HasSubstr("cuda:0 failed where cuda:1 did not (CUDA error: an illegal memory access)"));
}

TEST_F(PictureRunTest, APictureThatNoDeviceCanMakeFailsAlone) {
  for (FakeEngine* engine : {first_, second_}) {
    engine->problem = [](const ImageJob& job) { return job.plan->settings.prompt == "3" ? "not finite" : ""; };
  }
  EXPECT_THAT([&] { make(8); }, ThrowsMessage<Error>(HasSubstr("1 of 8 images could not be made: list:3")));
  EXPECT_THAT(said_.str(), HasSubstr("error: list:3: not finite"));
  EXPECT_THAT(said_.str(), Not(HasSubstr("warning")));
  EXPECT_EQ(batches(), 9u) << "tried by both";
}

// So that what the configuration file set can be traced to it.
TEST_F(PictureRunTest, TheEndIsAboutTheFlagsOfWhatFailed) {
  for (FakeEngine* engine : {first_, second_}) {
    engine->before_batch = [](const auto& batch) {
      if (prompt_of(batch) == "0") throw std::bad_alloc();
      if (prompt_of(batch) == "1") throw OutOfMemory("--tile", "not enough memory");
    };
  }
  try {
    make(3);
    FAIL() << "made all";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("2 of 3 images could not be made"));
    EXPECT_THAT(error.flags(), testing::ElementsAre("--batch-size", "--height", "--tile", "--width"));
  }
}

TEST_F(PictureRunTest, RecordsOfFailuresKeepTheOrder) {
  for (FakeEngine* engine : {first_, second_}) {
    engine->problem = [](const ImageJob& job) { return job.plan->settings.prompt == "0" ? "not finite" : ""; };
  }
  OutputOptions options;
  options.json = true;
  EXPECT_THROW(make(4, options), Error);
  std::istringstream lines(results_.str());
  for (int item = 0; item < 4; ++item) {
    std::string line;
    std::getline(lines, line);
    EXPECT_THAT(line, HasSubstr("\"item\":" + std::to_string(item) + ","));
    EXPECT_EQ(line.find("\"error\"") != std::string::npos, item == 0);
  }
}

TEST_F(PictureRunTest, WhatEndsOneWorkerEndsAll) {
  results_.setstate(std::ios::badbit);
  EXPECT_THROW(make(50), NoMoreOutput);
  EXPECT_LE(batches(), 10u);
}

// Whoever has the first picture waits until others are made behind it.
TEST_F(PictureRunTest, AnInterruptionTellsWhatWasMade) {
  std::atomic<int> begun = 0;
  for (FakeEngine* engine : {first_, second_}) {
    engine->before_batch = [&](const auto& batch) {
      ++begun;
      if (prompt_of(batch) != "0") return std::this_thread::sleep_for(std::chrono::milliseconds(2));
      while (begun < 5) std::this_thread::yield();
      interrupted_ = true;
      throw Interrupted();
    };
  }
  EXPECT_THROW(make(200), Interrupted);
  EXPECT_THAT(said_.str(), HasSubstr("<end>"));
  EXPECT_GE(run_->made(), 3);
  const std::string lines = results_.str();
  EXPECT_EQ(std::count(lines.begin(), lines.end(), '\n'), run_->made()) << "no result is kept back";
}

}  // namespace
}  // namespace deepcache_gen
