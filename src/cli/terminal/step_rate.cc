#include "cli/terminal/step_rate.h"

#include <utility>

namespace deepcache_gen {

StepRate::StepRate(CachePlan plan, int image_count) : plan_(std::move(plan)), image_count_(image_count) {}

void StepRate::add(const StepReport& step) {
  Mean& mean = step.kind == StepKind::full ? full_ : cached_;
  mean.sum += step.seconds;
  ++mean.count;
  last_ = step;
}

double StepRate::steps_per_second() const {
  const double seconds = full_.sum + cached_.sum;
  return seconds > 0 ? (full_.count + cached_.count) / seconds : 0;
}

double StepRate::seconds_left() const {
  if (last_.images == 0) return 0;
  const double this_batch = expected_seconds_from(static_cast<std::size_t>(last_.index) + 1);
  const int images_to_come = image_count_ - last_.first_image - last_.images;
  return this_batch + expected_seconds_from(0) * images_to_come / last_.images;
}

// A kind that has not been seen yet is taken to be as slow as the other.
double StepRate::expected_seconds(StepKind kind) const {
  const Mean& own = kind == StepKind::full ? full_ : cached_;
  const Mean& seen = own.count > 0 ? own : (kind == StepKind::full ? cached_ : full_);
  return seen.count > 0 ? seen.sum / seen.count : 0;
}

double StepRate::expected_seconds_from(std::size_t step) const {
  double seconds = 0;
  for (; step < plan_.steps.size(); ++step) seconds += expected_seconds(plan_.steps[step]);
  return seconds;
}

}  // namespace deepcache_gen
