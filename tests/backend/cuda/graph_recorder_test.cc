#include <ATen/ATen.h>
#include <c10/core/Event.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <vector>

#include "backend/cuda/device_test.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

// A convolution, a product and a normalization, with memory in between.
class GraphRecorderTest : public DeviceTest {
 protected:
  void SetUp() override {
    DeviceTest::SetUp();
    if (IsSkipped()) return;
    recorder_ = plugin()->make_recorder(device);
    weight_ = at::randn({32, 32, 3, 3}).to(device);
    matrix_ = at::randn({64, 64}).to(device);
  }

  at::Tensor worked(const at::Tensor& input) const {
    const at::Tensor convolved = at::conv2d(input, weight_, {}, 1, 1);
    return at::silu(at::group_norm(at::matmul(convolved, matrix_), 8));
  }

  at::Tensor random_input(std::int64_t batch) const { return at::randn({batch, 32, 64, 64}).to(device); }

  // Of inputs that are put into `input`, into `output`; done once before, as recordings need it.
  std::unique_ptr<Recording> record(const at::Tensor& input, const at::Tensor& output) const {
    output.copy_(worked(input));
    return recorder_->record([&] { output.copy_(worked(input)); });
  }

  std::unique_ptr<Recorder> recorder_;

 private:
  at::Tensor weight_, matrix_;
};

TEST_F(GraphRecorderTest, PlaysWhatWasRecordedOnTheNumbersOfNow) {
  const at::Tensor input = random_input(2), output = at::zeros_like(input);
  const std::unique_ptr<Recording> recording = record(input, output);
  for (int i = 0; i < 3; ++i) {
    input.copy_(random_input(2));
    recording->play();
    EXPECT_TRUE(output.equal(worked(input))) << "input " << i;
  }
}

TEST_F(GraphRecorderTest, DoesNotDoTheWorkWhenItRecords) {
  const at::Tensor number = at::zeros({1}, device);
  number.add_(1);
  const std::unique_ptr<Recording> recording = recorder_->record([&] { number.add_(1); });
  EXPECT_EQ(number.item<float>(), 1);
  recording->play();
  recording->play();
  EXPECT_EQ(number.item<float>(), 3);
}

TEST_F(GraphRecorderTest, RecordingsShareMemoryAndGoInAnyOrder) {
  std::vector<at::Tensor> inputs, outputs;
  std::vector<std::unique_ptr<Recording>> recordings;
  for (const std::int64_t batch : {2, 1, 4}) {
    inputs.push_back(random_input(batch));
    outputs.push_back(at::zeros_like(inputs.back()));
    recordings.push_back(record(inputs.back(), outputs.back()));
  }
  for (const std::size_t i : {2, 0, 1, 1, 0, 2}) {
    inputs[i].copy_(random_input(inputs[i].size(0)));
    recordings[i]->play();
    EXPECT_TRUE(outputs[i].equal(worked(inputs[i]))) << "recording " << i;
  }
}

TEST_F(GraphRecorderTest, RecordsAgainWhenAllRecordingsAreGone) {
  const at::Tensor input = random_input(1), output = at::zeros_like(input);
  for (int i = 0; i < 3; ++i) {
    record(input, output)->play();
    EXPECT_TRUE(output.equal(worked(input)));
  }
}

TEST_F(GraphRecorderTest, ARecordingOutlivesItsRecorder) {
  const at::Tensor input = random_input(1), output = at::zeros_like(input);
  const std::unique_ptr<Recording> recording = record(input, output);
  recorder_.reset();
  input.copy_(random_input(1));
  recording->play();
  EXPECT_TRUE(output.equal(worked(input)));
}

// `item` waits for the device, which can't be recorded.
TEST_F(GraphRecorderTest, WorkThatWaitsIsRefusedAndLeavesNothingBehind) {
  const at::Tensor input = random_input(1), output = at::zeros_like(input);
  output.copy_(worked(input));
  EXPECT_THROW(recorder_->record([&] { output.copy_(worked(input)).sum().item<float>(); }), Error);
  const at::Tensor after = worked(input);
  EXPECT_TRUE(after.isfinite().all().item<bool>());
  record(input, output)->play();
  EXPECT_TRUE(output.equal(after));
}

TEST_F(GraphRecorderTest, WhatTheWorkThrowsComesThroughAndLeavesNothingBehind) {
  const at::Tensor input = random_input(1), output = at::zeros_like(input);
  try {
    recorder_->record([&] {
      output.copy_(worked(input));
      throw Error("our own");
    });
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "our own");
  }
  record(input, output)->play();
  EXPECT_TRUE(output.equal(worked(input)));
}

TEST_F(GraphRecorderTest, RecordsOurKernels) {
  const FusedOperators& operators = plugin()->operators();
  const at::Tensor input = random_input(2).to(at::kHalf).contiguous(at::MemoryFormat::ChannelsLast);
  const at::Tensor ones = at::ones({32}, input.options()), output = at::empty_like(input);
  const auto normalized = [&] {
    return operators.group_norm(
        {.input = input, .addend = {}, .groups = 8, .weight = ones, .bias = ones, .eps = 1e-5, .silu = true});
  };
  output.copy_(normalized());
  const std::unique_ptr<Recording> recording = recorder_->record([&] { output.copy_(normalized()); });
  input.copy_(random_input(2));
  recording->play();
  EXPECT_TRUE(output.equal(normalized()));
}

TEST_F(GraphRecorderTest, RefusesTheDefaultStream) {
  const c10::impl::VirtualGuardImpl guard(c10::kCUDA);
  const c10::StreamGuard stream(guard.getDefaultStream(device));
  EXPECT_THROW(plugin()->make_recorder(device), Error);
}

class DeviceEvents : public DeviceTest {};

TEST_F(DeviceEvents, MeasureWhatLiesBetweenThem) {
  const c10::impl::VirtualGuardImpl guard(c10::kCUDA);
  const c10::Stream stream = guard.getStream(device);
  c10::Event begin(c10::kCUDA, c10::EventFlag::BACKEND_DEFAULT), end(c10::kCUDA, c10::EventFlag::BACKEND_DEFAULT);
  const at::Tensor matrix = at::randn({2048, 2048}).to(device);
  at::matmul(matrix, matrix);
  begin.record(stream);
  for (int i = 0; i < 10; ++i) at::matmul(matrix, matrix);
  end.record(stream);
  end.synchronize();
  EXPECT_TRUE(begin.query());
  EXPECT_GT(begin.elapsedTime(end), 0);
}

}  // namespace
}  // namespace deepcache_gen
