#include "cli/terminal/progress.h"

#include <unistd.h>

#include <iostream>

#include "cli/terminal/progress_bar.h"
#include "cli/terminal/progress_lines.h"
#include "cli/terminal/terminal.h"

namespace deepcache_gen {
namespace {

class NoProgress : public Progress {
 public:
  void begin_batch(const BatchPlace&) override {}
  void on_step(const StepReport&) override {}
  void clear() override {}
};

}  // namespace

std::unique_ptr<Progress> make_progress(Verbosity verbosity) {
  if (verbosity == Verbosity::quiet) return std::make_unique<NoProgress>();
  if (!can_redraw_lines(STDERR_FILENO)) return std::make_unique<ProgressLines>(std::cerr);
  return std::make_unique<ProgressBar>(std::cerr, [] { return terminal_columns(STDERR_FILENO); });
}

}  // namespace deepcache_gen
