#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/output/picture_report.h"
#include "cli/output/step_files.h"
#include "cli/prompts/prompt_lines.h"
#include "cli/run/in_order.h"
#include "cli/run/work_queue.h"
#include "cli/terminal/messages.h"
#include "cli/terminal/progress.h"
#include "pipeline/engine.h"
#include "support/stopwatch.h"

namespace deepcache_gen {

/// What a run tells people and programs with; borrowed.
struct RunParts {
  ImageWriter& writer;
  StepFiles& step_files;
  std::vector<Progress*> progress;  ///< one for each worker
  const Messages& messages;
  std::function<bool()> interrupted;
};

/// What becomes of the pictures of a run: writes, reports and counts them. Results keep the order in which the pictures
/// were given out, whichever worker is first. For use by several threads.
class PictureRun {
 public:
  /// `devices`: the names of those that the workers work on. `total`: pictures to make; unset where nobody knows.
  PictureRun(ModelIdentity model, std::vector<std::string> devices, RunParts parts, std::optional<int> total);

  /// What the workers report. `finish`, `fail`, `on_step` and `skip` throw `NoMoreOutput` where nothing more can be
  /// put out, `show` an `Error` where the preview can't be.
  void begin_work();
  void end_work();
  void begin_batch(std::size_t worker, const std::vector<Task>& batch);
  void on_step(std::size_t worker, const std::vector<Picture>& batch, const StepReport& step);
  void show(const Image& preview);
  /// `png`: what `code` makes of it; empty: that is still to be done.
  void finish(const EngineFacts& engine, const Task& task, GeneratedImage image, std::vector<std::uint8_t> png);
  void fail(const Task& task, const std::string& problem);
  void warn(const Picture& picture, const std::string& message);
  void say_given_back(std::size_t worker, const Picture& picture, const std::string& problem);
  /// A worker gets no more pictures: its attempt failed where `device` made the picture.
  void say_retired(const Attempt& attempt, const std::string& device);

  /// The file of a picture, for `finish`.
  std::vector<std::uint8_t> code(const EngineFacts& engine, const Task& task, const GeneratedImage& image) const;

  /// What a feed reports: a picture that is there, a prompt that can't even be tried.
  void skip(const Picture& picture);
  void add_bad_line(const BadLine& line);

  Curiosity curiosity() const { return parts_.step_files.curiosity(); }
  bool interrupted() const { return parts_.interrupted(); }
  /// Whether `finish` has thrown `NoMoreOutput`; known to all workers before the one that it concerns asks.
  bool has_ended() const { return has_ended_; }

  /// After the last picture, also where the run was cut short: hands over the results that waited for others.
  void hand_over_the_rest();
  int made() const { return made_; }
  /// Says, as a detail, how many images were made and in what time; nothing where there are less than two.
  void say_totals(double load_seconds) const;
  /// Throws the `Error` that says what could not be made, if anything.
  void require_no_failures() const;

 private:
  struct Failure {
    std::string name, problem;
  };
  void write(const EngineFacts& engine, const Task& task, GeneratedImage image, std::vector<std::uint8_t> png);
  void hand_over(const EngineFacts& engine, const Task& task, const GeneratedImage& image);
  void add_failure(const std::string& name, const std::string& problem);
  void clear_progress();

  std::mutex mutex_;
  std::atomic<bool> has_ended_ = false;
  ModelIdentity model_;
  std::vector<std::string> devices_;
  RunParts parts_;
  std::optional<int> total_;
  InOrder results_;
  int made_ = 0;
  std::vector<Failure> failures_;
  int working_ = 0;      ///< workers that have a batch
  Stopwatch stopwatch_;  ///< since one of them had
  double seconds_ = 0;   ///< in which at least one had
};

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
