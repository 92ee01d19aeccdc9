#pragma once

#include <ostream>

#include "cli/terminal/progress.h"
#include "cli/terminal/step_rate.h"

namespace deepcache_gen {

/// A plain line after every quarter of the steps, or after every batch where there are several; for log files and
/// pipes.
class ProgressLines : public Progress {
 public:
  explicit ProgressLines(std::ostream& out) : out_(out) {}

  void begin_batch(const BatchPlace& place) override;
  void on_step(const StepReport& step) override;
  void clear() override {}

 private:
  std::ostream& out_;
  BatchPlace place_{};
  StepRate rate_;
};

}  // namespace deepcache_gen
