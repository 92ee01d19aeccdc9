#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "backend/recorder.h"
#include "support/error.h"

namespace deepcache_gen {

/// Does recorded work again by doing it again: on the same tensors, which have other numbers then, as a graph of a
/// device does.
class FakeRecorder : public Recorder {
 public:
  /// `records` counts; where `fails` is not null, while that is true it does what a recorder of a device does where
  /// work can't be recorded.
  explicit FakeRecorder(int& records, const bool* fails = nullptr) : records_(records), fails_(fails) {}

  std::unique_ptr<Recording> record(const std::function<void()>& work) override {
    ++records_;
    if (fails_ && *fails_) throw Error("it can't be recorded");
    return std::make_unique<FakeRecording>(work);
  }

 private:
  struct FakeRecording : Recording {
    explicit FakeRecording(std::function<void()> work) : work_(std::move(work)) {}
    void play() override { work_(); }
    std::function<void()> work_;
  };

  int& records_;
  const bool* fails_;
};

}  // namespace deepcache_gen
