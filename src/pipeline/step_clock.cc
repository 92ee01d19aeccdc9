#include "pipeline/step_clock.h"

#include <numeric>

#include "support/median.h"

namespace deepcache_gen {
namespace {

double sum(const std::vector<double>& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

}  // namespace

void StepClock::add(StepKind kind, double seconds) { (kind == StepKind::full ? full_ : cached_).push_back(seconds); }

void StepClock::summarize(Timing& timing) const {
  timing.denoise = sum(full_) + sum(cached_);
  timing.full_step = median(full_);
  timing.cached_step = median(cached_);
  timing.full_steps = static_cast<int>(full_.size());
  timing.cached_steps = static_cast<int>(cached_.size());
}

}  // namespace deepcache_gen
