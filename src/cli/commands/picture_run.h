#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/commands/picture_queue.h"
#include "cli/output/image_writer.h"
#include "cli/output/step_files.h"
#include "cli/terminal/messages.h"
#include "cli/terminal/progress.h"
#include "pipeline/engine.h"

namespace deepcache_gen {

/// What a run uses beside the engine; borrowed.
struct RunParts {
  ImageWriter& writer;
  StepFiles& step_files;
  Progress& progress;
  const Messages& messages;
  std::function<bool()> interrupted;
};

/// Makes pictures batch by batch: each is written the moment it is done, and one that fails does not stop the rest.
class PictureRun {
 public:
  /// `total`: pictures to make; unset where nobody knows.
  PictureRun(const Engine& engine, ModelIdentity model, RunParts parts, std::optional<int> total);

  /// Makes the next batch of `queue`, which is not empty. Where a batch fails as a whole, its pictures are tried one by
  /// one. Throws `Interrupted`, and `NoMoreOutput` where going on is no use.
  void make_batch(PictureQueue& queue);
  /// Counts and reports a prompt that can't even be tried; `name` is what messages call it.
  void add_failure(const std::string& name, const std::string& problem);

  int made() const { return made_; }
  /// Says, as a detail, how many images were made and in what time; nothing where there are less than two.
  void say_totals() const;
  /// Throws the `Error` that says what could not be made, if anything.
  void require_no_failures() const;

 private:
  class BatchObserver;
  void make(const std::vector<Picture>& batch);
  void make_one_by_one(const std::vector<Picture>& batch, const std::vector<bool>& ended);
  void fail(const Picture& picture, const std::string& problem);
  void warn(const Picture& picture, const std::string& message);

  const Engine& engine_;
  RunFacts facts_;
  RunParts parts_;
  std::optional<int> total_;
  int made_ = 0;
  double seconds_ = 0;  ///< in `make_batch`
  struct Failure {
    std::string name, problem;
  };
  std::vector<Failure> failures_;
  // The prompt that was warned about last, and how: its other images would say the same again.
  std::shared_ptr<const GenerationPlan> warned_plan_;
  std::set<std::string> warnings_;
};

}  // namespace deepcache_gen
