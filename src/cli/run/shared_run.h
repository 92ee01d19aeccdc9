#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/run/picture_run.h"
#include "cli/run/work_queue.h"
#include "pipeline/engine.h"

namespace deepcache_gen {

/// A run that one or several engines share, from its first picture to the last line about it.
class SharedRun {
 public:
  /// What it tells with; borrowed.
  struct Outlets {
    ImageWriter& writer;
    StepFiles& step_files;
    const Messages& messages;
    std::function<bool()> interrupted;
  };

  /// `engines`: at least one. `verbosity`: of the progress that is shown. `total`: pictures to make; unset where nobody
  /// knows.
  SharedRun(std::vector<std::unique_ptr<Engine>> engines, ModelIdentity model, const Outlets& outlets,
            Verbosity verbosity, std::optional<int> total);

  const Engine& first_engine() const { return *engines_.front(); }
  /// What a feed reports to.
  PictureRun& pictures() { return pictures_; }
  /// Whether the run has to end early: the user asked for it, or one of the workers came upon what ends all.
  bool stop_requested() const { return interrupted_() || stop_ || pictures_.has_ended(); }

  /// Makes these pictures and those of `feed` (borrowed; null: there are no more), and says at the end what was made
  /// and then what `say_at_the_end` says. Throws the `Error` that says what could not be made, `Interrupted` after
  /// saying what was made, and `NoMoreOutput`.
  void make_all(PictureQueue pictures, PictureFeed* feed, const std::function<void()>& say_at_the_end);

 private:
  std::vector<std::string> device_names() const;
  std::vector<Progress*> all_progress() const;
  double load_seconds() const;
  void work(WorkQueue& queue);
  void finish(const std::function<void()>& say_at_the_end);

  std::vector<std::unique_ptr<Engine>> engines_;
  std::vector<std::unique_ptr<Progress>> progress_;
  const Messages& messages_;
  std::function<bool()> interrupted_;
  std::atomic<bool> stop_ = false;
  PictureRun pictures_;
};

}  // namespace deepcache_gen
