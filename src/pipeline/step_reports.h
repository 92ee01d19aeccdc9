#pragma once

#include <deque>
#include <functional>

#include "backend/device_clock.h"
#include "pipeline/denoising_loop.h"
#include "pipeline/observer.h"
#include "pipeline/step_clock.h"
#include "pipeline/step_watch.h"

namespace deepcache_gen {

/// Tells an observer of the UNet calls of a batch, in order. It never makes the loop wait for the device: of calls that
/// the device has not done yet it tells later. Only movement and previews, where the observer asks for them, need what
/// the device computed.
class StepReports {
 public:
  /// What a preview makes of a picture's latents; empty: there are no previews.
  using ShowPreview = std::function<void(const at::Tensor& denoised)>;

  /// `clock` and `observer` are borrowed. `calls`: of all passes. `images`: that a call works on.
  StepReports(DeviceClock& clock, Observer& observer, int calls, int images, ShowPreview show_preview);

  /// To be called by the loop of each pass (see `run_denoising_loop`). Throws `Interrupted` when the observer asks to
  /// stop.
  void between_calls(const LoopState& state, const Denoiser& denoiser);
  /// After a loop: waits for what the device has not done yet, call by call. Throws as the other does.
  void await_all();
  /// Of what was told so far (see `StepClock`).
  void summarize(Timing& timing) const { clock_of_steps_.summarize(timing); }

 private:
  struct Given {
    StepReport report;
    DeviceSpan span;
  };

  void take(const Denoiser& denoiser, const at::Tensor& latents);
  void tell_first();
  bool wants_preview() const;
  void stop_if_asked() const;

  DeviceClock& clock_;
  Observer& observer_;
  const int calls_, images_;
  const ShowPreview show_preview_;
  Curiosity curiosity_;
  StepClock clock_of_steps_;
  StepWatch watch_;                   ///< of the pass
  int given_calls_ = 0;               ///< of all passes
  std::unique_ptr<DeviceMark> from_;  ///< where the next call begins
  std::deque<Given> given_;           ///< not told yet
};

}  // namespace deepcache_gen
