#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "cli/options/command_line.h"
#include "pipeline/generation_plan.h"
#include "pipeline/observer.h"

namespace deepcache_gen {

/// Where a batch stands in its run.
struct BatchPlace {
  const GenerationPlan* plan;  ///< of its first image
  int first;                   ///< images of the run before it
  int images;                  ///< in it
  std::optional<int> total;    ///< images of the run; unset where they are not known, as from a stream
};

/// How fast the steps of a run go. Full and cached steps are timed apart, and those of each pass, so that the time
/// left is right from the second step on although they differ by far.
class StepRate {
 public:
  /// The steps to come are those of this batch. What was timed before counts on where the images are of the same kind.
  void begin_batch(const BatchPlace& place);
  void add(const StepReport& step);

  /// The mean of all steps timed; 0 before the first.
  double steps_per_second() const;
  /// Seconds until the last step of the last image; images of batches to come are taken to be like those of this one,
  /// and none where it is not known how many come.
  double seconds_left() const;

 private:
  struct Mean {
    double sum = 0;
    int count = 0;
  };
  struct PassTimes {
    double pixels = 0;
    Mean full, cached;
  };

  double expected_seconds(std::size_t pass, StepKind kind) const;
  double expected_seconds_from(int step) const;

  BatchPlace place_{};
  GenerationPlan plan_{};  ///< of this batch
  std::vector<PassTimes> passes_;
  int done_ = 0;  ///< steps of this batch
};

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
