#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/run/picture_run.h"
#include "cli/run/work_queue.h"
#include "pipeline/engine.h"
#include "support/error.h"

namespace deepcache_gen {

/// Makes pictures of a run on one engine, batch by batch: each is written the moment it is done, while the next is
/// being made, and one that fails does not stop the rest.
class Worker {
 public:
  /// `number`: among the workers of the run, from 0. All is borrowed.
  Worker(std::size_t number, const Engine& engine, WorkQueue& queue, PictureRun& run);

  /// Returns when the run is over. Where a batch fails as a whole, its pictures are tried one by one. Throws
  /// `Interrupted`, and `NoMoreOutput` where going on is no use.
  void work();

 private:
  class BatchObserver;
  std::vector<std::vector<Picture>> by_prompt_length(const std::vector<Picture>& batch) const;
  std::optional<std::vector<std::size_t>> prompt_lengths(const Picture& picture) const;
  void make(const std::vector<Picture>& batch);
  void make_one_by_one(const std::vector<Picture>& batch, const std::vector<bool>& ended);
  void finish(const Picture& picture, GeneratedImage image);
  void await_delivery();
  void fail(const Picture& picture, const Error& problem);
  void warn(const Picture& picture, const std::string& message);

  std::size_t number_;
  const Engine& engine_;
  EngineFacts facts_;
  WorkQueue& queue_;
  PictureRun& run_;
  // The prompt that was warned about last, and how: its other images would say the same again.
  std::shared_ptr<const GenerationPlan> warned_plan_;
  std::set<std::string> warnings_;
  std::future<void> delivery_;  // of the last picture; it may take as long as a step
};

/// Lets workers work, each in a thread of its own where there are several, and returns when all are done. What one of
/// them throws sets `stop`, which ends the others (it has to be part of what they ask as `interrupted`), and is thrown.
void work_together(const std::vector<std::unique_ptr<Worker>>& workers, std::atomic<bool>& stop);

}  // namespace deepcache_gen
