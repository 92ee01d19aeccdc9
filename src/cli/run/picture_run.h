#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/output/picture_report.h"
#include "cli/output/step_files.h"
#include "cli/prompts/prompt_lines.h"
#include "cli/run/work_queue.h"
#include "cli/terminal/messages.h"
#include "cli/terminal/progress.h"
#include "pipeline/engine.h"
#include "support/error.h"
#include "support/stopwatch.h"

namespace deepcache_gen {

/// Does things in the order of their places, whatever order they come in.
class InOrder {
 public:
  /// Does `action` as soon as those of all lower places are done; the first place is 0. Each place comes once. Throws
  /// what the actions throw that are done now.
  void put(std::size_t place, std::function<void()> action);
  /// Does what still waits; the places that are missing will not come.
  void do_the_rest();

 private:
  void do_first();

  std::size_t next_ = 0;
  std::map<std::size_t, std::function<void()>> waiting_;
};

/// A run over many pictures, from its first to the last line about it: one or several engines share them, each is
/// written the moment it is made, and results keep the order in which the pictures were given out, whichever engine is
/// first. For use by several threads.
class PictureRun {
 public:
  /// What it tells with; borrowed.
  struct Outlets {
    PictureReport& report;
    StepFiles& step_files;
    const Messages& messages;
    std::function<bool()> interrupted;  ///< that the user wants to stop
  };

  /// `engines`: at least one; `progress`: one for each. `total`: pictures to make; unset where nobody knows.
  PictureRun(std::vector<std::unique_ptr<Engine>> engines, std::vector<std::unique_ptr<Progress>> progress,
             Outlets outlets, std::optional<int> total);

  /// Makes these pictures and those of `feed` (borrowed; null: there are no more), and says at the end what was made
  /// and then what `say_at_the_end` says. Throws the `Error` that says what could not be made, `Interrupted` after
  /// saying what was made, and `NoMoreOutput`.
  void make_all(PictureQueue pictures, PictureFeed* feed, const std::function<void()>& say_at_the_end);

  const Engine& first_engine() const { return *engines_.front(); }
  /// Whether the run has to end early: the user asked for it, or one of the workers came upon what ends all.
  bool stop_requested() const { return outlets_.interrupted() || stop_; }
  int made() const { return made_; }
  /// Throws the `Error` that says what could not be made, if anything, and is about all flags that the problems are.
  void require_no_failures() const;

  // What workers report. `fail` and `on_step` throw `NoMoreOutput` where nothing more can be put out, `show` an `Error`
  // where the preview can't be.
  void begin_work();
  void end_work();
  void begin_batch(std::size_t worker, const std::vector<Picture>& batch);
  void on_step(std::size_t worker, const std::vector<Picture>& batch, const StepReport& step);
  void show(const Image& preview);
  /// Codes the picture, writes its file and, in its turn, tells of it; most of that in a thread of its own, whose
  /// future throws `NoMoreOutput` where nothing more can be put out. What else goes wrong is the picture's failure.
  std::future<void> deliver(const EngineFacts& engine, const Picture& picture, GeneratedImage image);
  void fail(const Picture& picture, const Error& problem);
  void warn(const Picture& picture, const std::string& message);
  void say_detail(const std::string& message);
  void say_given_back(std::size_t worker, const Picture& picture, const std::string& problem);
  /// A worker gets no more pictures: its attempt failed where `device` made the picture.
  void say_retired(const Attempt& attempt, const std::string& device);
  /// What the engines have to tell.
  Curiosity curiosity() const { return outlets_.step_files.curiosity(); }

  // What a feed reports: a picture that is there, a prompt that can't even be tried. Throw `NoMoreOutput`.
  void skip(const Picture& picture);
  void add_bad_line(const BadLine& line);

 private:
  using Content = std::future<std::vector<std::uint8_t>>;
  struct Failure {
    std::string name;
    Error problem;
  };
  void work(WorkQueue& queue);
  void finish(const std::function<void()>& say_at_the_end);
  void hand_over_the_rest();
  void write(const EngineFacts& engine, const Picture& picture, const std::shared_ptr<GeneratedImage>& image,
             Content& content);
  void report(const EngineFacts& engine, const Picture& picture, const GeneratedImage& image);
  void add_failure(const std::string& name, const Error& problem);
  void clear_progress();
  std::string device_of(std::size_t worker) const { return engines_[worker]->facts().device; }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Engine>> engines_;
  std::vector<std::unique_ptr<Progress>> progress_;
  Outlets outlets_;
  std::optional<int> total_;
  std::atomic<bool> stop_ = false;
  InOrder results_;
  int made_ = 0;
  std::vector<Failure> failures_;
  int working_ = 0;      ///< workers that have a batch
  Stopwatch stopwatch_;  ///< since one of them had
  double seconds_ = 0;   ///< in which at least one had
};

}  // namespace deepcache_gen
