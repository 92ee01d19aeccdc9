#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "cli/options/command_line.h"
#include "cli/terminal/batch_place.h"
#include "pipeline/observer.h"

namespace deepcache_gen {

/// Shows on stderr how far a run is.
class Progress {
 public:
  virtual ~Progress() = default;
  /// The steps to come are those of this batch; its plan must outlive them.
  virtual void begin_batch(const BatchPlace& place) = 0;
  virtual void on_step(const StepReport& step) = 0;
  /// Takes away what would be in the way of other text on the terminal.
  virtual void clear() = 0;
};

/// One for each of `workers`: nothing where `verbosity` is quiet, a bar where stderr is a terminal and there is one
/// worker, else plain lines.
std::vector<std::unique_ptr<Progress>> make_progress(Verbosity verbosity, std::size_t workers = 1);

}  // namespace deepcache_gen
