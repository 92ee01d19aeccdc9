#pragma once

#include <functional>
#include <ostream>
#include <string>

#include "cli/terminal/progress.h"
#include "cli/terminal/step_rate.h"

namespace deepcache_gen {

/// The line of a progress bar, at most `columns` wide; what does not fit is left out, the bar first. No colours.
std::string bar_line(const StepReport& step, const BatchPlace& place, const StepRate& rate, int columns);

/// One line that is drawn again after every step, at most 20 times a second; for terminals.
class ProgressBar : public Progress {
 public:
  /// `columns` is asked before every drawing, since a terminal's width changes.
  ProgressBar(std::ostream& out, std::function<int()> columns);
  ~ProgressBar() override;

  void begin_batch(const BatchPlace& place) override;
  void on_step(const StepReport& step) override;
  void clear() override;

 private:
  std::ostream& out_;
  std::function<int()> columns_;
  BatchPlace place_{};
  StepRate rate_;
  double seconds_since_drawn_ = 0;
  bool drawn_ = false;
};

}  // namespace deepcache_gen
