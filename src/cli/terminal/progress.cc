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

std::unique_ptr<Progress> make_one(Verbosity verbosity, bool is_alone) {
  if (verbosity == Verbosity::quiet) return std::make_unique<NoProgress>();
  if (!is_alone || !can_redraw_lines(STDERR_FILENO)) return std::make_unique<ProgressLines>(std::cerr);
  return std::make_unique<ProgressBar>(std::cerr, [] { return terminal_columns(STDERR_FILENO); });
}

}  // namespace

std::vector<std::unique_ptr<Progress>> make_progress(Verbosity verbosity, std::size_t workers) {
  std::vector<std::unique_ptr<Progress>> all;
  while (all.size() < workers) all.push_back(make_one(verbosity, workers == 1));
  return all;
}

}  // namespace deepcache_gen
