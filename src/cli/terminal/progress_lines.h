#pragma once

#include <ostream>

#include "cli/terminal/progress.h"
#include "cli/terminal/step_rate.h"

namespace deepcache_gen {

/// A plain line after every quarter of the steps; for log files and pipes.
class ProgressLines : public Progress {
 public:
  ProgressLines(std::ostream& out, const GenerationPlan& plan);

  void on_step(const StepReport& step) override;
  void clear() override {}

 private:
  std::ostream& out_;
  int image_count_;
  StepRate rate_;
};

}  // namespace deepcache_gen
