#include "pipeline/step_reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

#include "pipeline/formula_unet.h"
#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;

// A device whose work is done when the test says so, or when it is waited for. Every mark is a second behind the last.
class SlowDevice final : public DeviceClock {
 public:
  class Mark final : public DeviceMark {
   public:
    Mark(SlowDevice& device, int number) : device_(device), number_(number) {}
    bool reached() const override { return number_ < device_.done; }
    void wait() override {
      if (reached()) return;
      ++device_.waits;
      device_.done = number_ + 1;
    }
    double seconds_since(const DeviceMark& earlier) const override {
      EXPECT_TRUE(reached());
      return number_ - static_cast<const Mark&>(earlier).number_;
    }

   private:
    SlowDevice& device_;
    int number_;
  };

  std::unique_ptr<DeviceMark> mark() override { return std::make_unique<Mark>(*this, marks++); }

  int marks = 0, done = 0, waits = 0;
};

class Listener : public Observer {
 public:
  Curiosity curiosity() const override { return curious; }
  void on_step(const StepReport& step) override {
    heard.push_back("step " + std::to_string(step.index));
    seconds.push_back(step.seconds);
  }
  void on_image(std::size_t, GeneratedImage) override {}
  void on_failure(std::size_t, const Error&) override {}
  void on_warning(std::size_t, const std::string&) override {}
  bool stop_requested() const override {
    heard.push_back("stop?");
    return heard.size() > stops_after;
  }

  mutable std::vector<std::string> heard;
  std::vector<double> seconds;
  Curiosity curious;
  std::size_t stops_after = 1000;
};

// Three calls of a pass.
class StepReportsTest : public testing::Test {
 protected:
  void call() {
    if (done_ > 0) denoiser_.predict(latents_, 500, 1);
    reports_.between_calls({done_++, latents_, [this] { return latents_; }}, denoiser_);
  }

  SlowDevice device_;
  Listener listener_;
  const FormulaUNet unet_;
  const at::Tensor latents_ = at::ones({1, 4, 2, 2});
  Denoiser denoiser_{unet_, {c10::kCPU, c10::kFloat}, std::vector<Choice>(3), {at::zeros({1, 1, 1}), {}}, {}};
  StepReports reports_{device_, listener_, 3, 1, [this](const at::Tensor&) { listener_.heard.push_back("preview"); }};
  int done_ = 0;
};

TEST_F(StepReportsTest, TellsOfWhatTheDeviceHasDoneWithoutWaiting) {
  call();
  call();
  call();
  EXPECT_THAT(listener_.heard, ElementsAre("stop?", "stop?", "stop?"));
  device_.done = device_.marks;
  call();
  EXPECT_THAT(listener_.heard, ElementsAre("stop?", "stop?", "stop?", "step 0", "step 1", "stop?"))
      << "the last call is not done yet";
  EXPECT_EQ(device_.waits, 0);
  EXPECT_THAT(listener_.seconds, ElementsAre(1, 1));
}

TEST_F(StepReportsTest, WaitsAfterTheLoopCallByCall) {
  for (int i = 0; i < 4; ++i) call();
  listener_.heard.clear();
  reports_.await_all();
  EXPECT_THAT(listener_.heard, ElementsAre("step 0", "stop?", "step 1", "stop?", "step 2"));
  EXPECT_EQ(device_.waits, 3);
  Timing timing;
  reports_.summarize(timing);
  EXPECT_EQ(timing.denoise, 3);
  EXPECT_EQ(timing.full_steps, 3);
}

TEST_F(StepReportsTest, StopsAfterTheLoopToo) {
  for (int i = 0; i < 4; ++i) call();
  listener_.heard.clear();
  listener_.stops_after = 1;
  EXPECT_THROW(reports_.await_all(), Interrupted);
  EXPECT_THAT(listener_.heard, ElementsAre("step 0", "stop?"));
}

TEST_F(StepReportsTest, StopsBetweenCallsWithoutWaiting) {
  call();
  listener_.stops_after = 1;
  EXPECT_THROW(call(), Interrupted);
  EXPECT_EQ(device_.waits, 0);
}

TEST_F(StepReportsTest, TellsOfACallBeforeItsPreview) {
  listener_.curious.preview_every = 2;
  for (int i = 0; i < 4; ++i) call();
  EXPECT_THAT(listener_.heard, ElementsAre("stop?", "stop?", "step 0", "stop?", "step 1", "preview", "stop?", "step 2",
                                           "preview", "stop?"))
      << "every second call and the last";
}

TEST_F(StepReportsTest, OnTheCpuTellsOfEachCallAtOnce) {
  const auto clock = make_device_clock(c10::kCPU);
  StepReports reports(*clock, listener_, 1, 1, {});
  reports.between_calls({0, latents_, {}}, denoiser_);
  denoiser_.predict(latents_, 500, 1);
  reports.between_calls({1, latents_, {}}, denoiser_);
  EXPECT_THAT(listener_.heard, ElementsAre("stop?", "step 0", "stop?"));
  EXPECT_GT(listener_.seconds.front(), 0);
  reports.await_all();
  EXPECT_EQ(listener_.heard.size(), 3u);
}

}  // namespace
}  // namespace deepcache_gen
