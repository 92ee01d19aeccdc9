#include "pipeline/step_reports.h"

#include <utility>

#include "support/interrupted.h"

namespace deepcache_gen {

StepReports::StepReports(DeviceClock& clock, Observer& observer, int calls, int images, ShowPreview show_preview)
    : clock_(clock), observer_(observer), calls_(calls), images_(images), show_preview_(std::move(show_preview)) {}

void StepReports::between_calls(const LoopState& state, const Denoiser& denoiser) {
  if (state.done == 0) {
    curiosity_ = observer_.curiosity();
    watch_ = {};
    if (curiosity_.movement) watch_.look(state.latents, {});
  } else {
    take(denoiser, state.latents);
    while (!given_.empty() && given_.front().span.to->reached()) tell_first();
    if (wants_preview()) {
      await_all();
      show_preview_(state.denoised_estimate());
    }
  }
  stop_if_asked();
  from_ = clock_.mark();  // after what is not part of a step
}

void StepReports::await_all() {
  while (!given_.empty()) {
    given_.front().span.to->wait();
    tell_first();
    if (!given_.empty()) stop_if_asked();
  }
}

void StepReports::take(const Denoiser& denoiser, const at::Tensor& latents) {
  DeviceSpan span{std::move(from_), clock_.mark()};
  const Choice& done = denoiser.done();
  std::optional<Movement> movement;
  if (curiosity_.movement) {
    movement = watch_.look(latents, done.kind == StepKind::full ? denoiser.deep_feature() : at::Tensor());
  }
  given_.push_back({{given_calls_++, calls_, done, 0, images_, movement}, std::move(span)});
}

void StepReports::tell_first() {
  Given first = std::move(given_.front());
  given_.pop_front();
  first.report.seconds = first.span.seconds();
  clock_of_steps_.add(first.report.choice.kind, first.report.seconds);
  observer_.on_step(first.report);
}

bool StepReports::wants_preview() const {
  if (!show_preview_ || curiosity_.preview_every == 0) return false;
  return given_calls_ % curiosity_.preview_every == 0 || given_calls_ == calls_;
}

void StepReports::stop_if_asked() const {
  if (observer_.stop_requested()) throw Interrupted();
}

}  // namespace deepcache_gen
