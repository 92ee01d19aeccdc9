#include "cli/run/shared_run.h"

#include <algorithm>
#include <utility>

#include "cli/run/workers.h"
#include "cli/terminal/progress_text.h"
#include "support/error.h"
#include "support/interrupted.h"

namespace deepcache_gen {

SharedRun::SharedRun(std::vector<std::unique_ptr<Engine>> engines, ModelIdentity model, const Outlets& outlets,
                     Verbosity verbosity, std::optional<int> total)
    : engines_(std::move(engines)),
      progress_(make_progress(verbosity, engines_.size())),
      messages_(outlets.messages),
      interrupted_(outlets.interrupted),
      pictures_(
          std::move(model), device_names(),
          {outlets.writer, outlets.step_files, all_progress(), outlets.messages, [this] { return stop_requested(); }},
          total) {}

void SharedRun::make_all(PictureQueue pictures, PictureFeed* feed, const std::function<void()>& say_at_the_end) {
  WorkQueue queue(engines_.size(), std::move(pictures), feed, [this] { return stop_requested(); });
  try {
    work(queue);
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const Interrupted&) {
    finish(say_at_the_end);
    messages_.note(count_text(pictures_.made(), "image") + " made; the same command with --resume makes the rest");
    throw;
  } catch (...) {
    pictures_.hand_over_the_rest();
    throw;
  }
  finish(say_at_the_end);
  pictures_.require_no_failures();
}

void SharedRun::work(WorkQueue& queue) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (const std::unique_ptr<Engine>& engine : engines_) {
    workers.push_back(std::make_unique<Worker>(workers.size(), *engine, queue, pictures_));
  }
  work_together(workers, stop_);
}

void SharedRun::finish(const std::function<void()>& say_at_the_end) {
  pictures_.hand_over_the_rest();
  pictures_.say_totals(load_seconds());
  say_at_the_end();
}

std::vector<std::string> SharedRun::device_names() const {
  std::vector<std::string> names;
  for (const std::unique_ptr<Engine>& engine : engines_) names.push_back(engine->facts().device);
  return names;
}

std::vector<Progress*> SharedRun::all_progress() const {
  std::vector<Progress*> all;
  for (const std::unique_ptr<Progress>& progress : progress_) all.push_back(progress.get());
  return all;
}

// They were loaded at the same time.
double SharedRun::load_seconds() const {
  double longest = 0;
  for (const std::unique_ptr<Engine>& engine : engines_) longest = std::max(longest, engine->facts().load_seconds);
  return longest;
}

}  // namespace deepcache_gen
