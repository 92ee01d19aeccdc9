#include "cli/terminal/progress_lines.h"

#include "cli/terminal/progress_text.h"

namespace deepcache_gen {
namespace {

constexpr int kMostLines = 4;

}  // namespace

void ProgressLines::begin_batch(const BatchPlace& place) {
  place_ = place;
  rate_.begin_batch(place);
}

void ProgressLines::on_step(const StepReport& step) {
  rate_.add(step);
  const int done = step.index + 1;
  // A long list would fill a log: there every batch gets one line.
  const int lines = place_.images == place_.total ? kMostLines : 1;
  if (lines * done / step.total == lines * step.index / step.total) return;
  out_ << images_text(place_) << ": step " << done << "/" << step.total << ", " << rate_text(rate_.steps_per_second())
       << ", " << duration_text(rate_.seconds_left()) << " left" << std::endl;
}

}  // namespace deepcache_gen
