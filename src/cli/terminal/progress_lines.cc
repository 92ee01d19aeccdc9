#include "cli/terminal/progress_lines.h"

#include "cli/terminal/progress_text.h"

namespace deepcache_gen {
namespace {

constexpr int kLinesPerBatch = 4;

}  // namespace

ProgressLines::ProgressLines(std::ostream& out, const GenerationPlan& plan)
    : out_(out), image_count_(plan.settings.image_count), rate_(plan.cache, plan.settings.image_count) {}

void ProgressLines::on_step(const StepReport& step) {
  rate_.add(step);
  const int done = step.index + 1;
  if (kLinesPerBatch * done / step.total == kLinesPerBatch * step.index / step.total) return;
  out_ << images_text(step, image_count_) << ": step " << done << "/" << step.total << ", "
       << rate_text(rate_.steps_per_second()) << ", " << duration_text(rate_.seconds_left()) << " left" << std::endl;
}

}  // namespace deepcache_gen
