#include "cli/terminal/step_rate.h"

namespace deepcache_gen {
namespace {

// Where two batches take the same time a step.
bool are_alike(const BatchPlace& a, const GenerationSettings& a_settings, const BatchPlace& b) {
  const GenerationSettings& settings = b.plan->settings;
  return a.images == b.images && a_settings.width == settings.width && a_settings.height == settings.height &&
         a_settings.cache == settings.cache && a_settings.guided() == settings.guided();
}

}  // namespace

void StepRate::begin_batch(const BatchPlace& place) {
  if (!are_alike(place_, settings_, place)) full_ = cached_ = {};
  place_ = place;
  planned_.clear();
  for (int call = 0; call < place.plan->calls(); ++call) planned_.push_back(place.plan->call(call).choice.kind);
  settings_ = place.plan->settings;
  done_ = 0;
}

void StepRate::add(const StepReport& step) {
  Mean& mean = step.choice.kind == StepKind::full ? full_ : cached_;
  mean.sum += step.seconds;
  ++mean.count;
  done_ = step.index + 1;
}

double StepRate::steps_per_second() const {
  const double seconds = full_.sum + cached_.sum;
  return seconds > 0 ? (full_.count + cached_.count) / seconds : 0;
}

double StepRate::seconds_left() const {
  if (place_.images == 0) return 0;
  const double this_batch = expected_seconds_from(static_cast<std::size_t>(done_));
  const int images_to_come = place_.total ? *place_.total - place_.first - place_.images : 0;
  return this_batch + expected_seconds_from(0) * images_to_come / place_.images;
}

// A kind that has not been seen yet is taken to be as slow as the other.
double StepRate::expected_seconds(StepKind kind) const {
  const Mean& own = kind == StepKind::full ? full_ : cached_;
  const Mean& seen = own.count > 0 ? own : (kind == StepKind::full ? cached_ : full_);
  return seen.count > 0 ? seen.sum / seen.count : 0;
}

double StepRate::expected_seconds_from(std::size_t step) const {
  double seconds = 0;
  for (; step < planned_.size(); ++step) seconds += expected_seconds(planned_[step]);
  return seconds;
}

}  // namespace deepcache_gen
