#include "cli/run/picture_run.h"

#include <algorithm>
#include <cstdio>
#include <set>
#include <system_error>
#include <utility>

#include "cli/output/picture_content.h"
#include "cli/run/worker.h"
#include "cli/terminal/progress_text.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/failure_text.h"
#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

using Lock = std::lock_guard<std::mutex>;

// "seed 7: text 0.01 s, denoise 1.20 s (full step 0.100 s, cached step 0.020 s), decode 0.10 s"
std::string timing_text(const GeneratedImage& image) {
  char text[256];
  const Timing& timing = image.timing;
  std::snprintf(text, sizeof text,
                "seed %lld: text %.2f s, denoise %.2f s (full step %.3f s, cached step %.3f s), decode %.2f s",
                static_cast<long long>(image.seed), timing.text, timing.denoise, timing.full_step, timing.cached_step,
                timing.decode);
  return text;
}

// They were loaded at the same time.
double load_seconds(const std::vector<std::unique_ptr<Engine>>& engines) {
  double longest = 0;
  for (const std::unique_ptr<Engine>& engine : engines) longest = std::max(longest, engine->facts().load_seconds);
  return longest;
}

}  // namespace

void InOrder::put(std::size_t place, std::function<void()> action) {
  waiting_.emplace(place, std::move(action));
  while (!waiting_.empty() && waiting_.begin()->first == next_) do_first();
}

void InOrder::do_the_rest() {
  while (!waiting_.empty()) do_first();
}

void InOrder::do_first() {
  const auto first = waiting_.extract(waiting_.begin());
  next_ = first.key() + 1;
  first.mapped()();
}

PictureRun::PictureRun(std::vector<std::unique_ptr<Engine>> engines, std::vector<std::unique_ptr<Progress>> progress,
                       Outlets outlets, std::optional<int> total)
    : engines_(std::move(engines)), progress_(std::move(progress)), outlets_(std::move(outlets)), total_(total) {}

void PictureRun::make_all(PictureQueue pictures, PictureFeed* feed, const std::function<void()>& say_at_the_end) {
  WorkQueue queue(engines_.size(), std::move(pictures), feed, [this] { return stop_requested(); });
  try {
    work(queue);
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const Interrupted&) {
    finish(say_at_the_end);
    outlets_.messages.note(count_text(made_, "image") + " made; the same command with --resume makes the rest");
    throw;
  } catch (...) {
    hand_over_the_rest();
    throw;
  }
  finish(say_at_the_end);
  require_no_failures();
}

void PictureRun::work(WorkQueue& queue) {
  std::vector<std::unique_ptr<Worker>> workers;
  for (const std::unique_ptr<Engine>& engine : engines_) {
    workers.push_back(std::make_unique<Worker>(workers.size(), *engine, queue, *this));
  }
  work_together(workers, stop_);
}

void PictureRun::finish(const std::function<void()>& say_at_the_end) {
  hand_over_the_rest();
  if (made_ > 1) outlets_.messages.detail(totals_text(made_, seconds_, load_seconds(engines_)));
  say_at_the_end();
}

void PictureRun::hand_over_the_rest() {
  const Lock lock(mutex_);
  results_.do_the_rest();
}

void PictureRun::require_no_failures() const {
  if (failures_.empty()) return;
  std::string names;
  std::set<std::string> flags;
  for (const Failure& failure : failures_) {
    names += (names.empty() ? "" : ", ") + failure.name;
    flags.insert(failure.problem.flags().begin(), failure.problem.flags().end());
  }
  const std::size_t all = static_cast<std::size_t>(made_) + failures_.size();
  Error error(total_ == 1 ? names + ": " + failures_.front().problem.what()
                          : std::to_string(failures_.size()) + " of " + std::to_string(all) +
                                " images could not be made: " + names);
  for (const std::string& flag : flags) error.add_flag(flag);
  throw error;
}

void PictureRun::begin_work() {
  const Lock lock(mutex_);
  if (working_++ == 0) stopwatch_.restart();
}

void PictureRun::end_work() {
  const Lock lock(mutex_);
  if (--working_ == 0) seconds_ += stopwatch_.seconds();
}

void PictureRun::begin_batch(std::size_t worker, const std::vector<Picture>& batch) {
  const Lock lock(mutex_);
  const Picture& first = batch.front();
  progress_[worker]->begin_batch(
      {first.plan.get(), static_cast<int>(first.place), static_cast<int>(batch.size()), total_});
}

void PictureRun::on_step(std::size_t worker, const std::vector<Picture>& batch, const StepReport& step) {
  const Lock lock(mutex_);
  progress_[worker]->on_step(step);
  outlets_.step_files.add(batch, step);
}

void PictureRun::show(const Image& preview) {
  const Lock lock(mutex_);
  outlets_.step_files.show(preview);
}

std::future<void> PictureRun::deliver(const EngineFacts& engine, const Picture& picture, GeneratedImage image) {
  const auto made = std::make_shared<GeneratedImage>(std::move(image));
  const auto content = std::make_shared<Content>(std::async(std::launch::deferred, [this, engine, picture, made] {
    return picture_bytes({*picture.model, engine}, picture, *made);
  }));
  // A device beside the processors goes on meanwhile; on them, coding would only be in the next picture's way.
  if (engine.device == "cpu") content->wait();
  const auto deliver = [this, engine, picture, made, content] {
    try {
      write(engine, picture, made, *content);
    } catch (const NoMoreOutput&) {
      stop_ = true;
      throw;
    }
  };
  try {
    return std::async(std::launch::async, deliver);
  } catch (const std::system_error&) {  // no thread is to be had
    std::packaged_task<void()> here(deliver);
    here();
    return here.get_future();
  }
}

// The file is written at once and while others report; what tells of it keeps the order.
void PictureRun::write(const EngineFacts& engine, const Picture& picture, const std::shared_ptr<GeneratedImage>& image,
                       Content& content) {
  std::optional<Error> problem;
  try {
    write_file_atomically(picture.file, content.get());
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const std::exception& error) {
    problem = failure_of(error);
  }
  if (problem) return fail(picture, *problem);
  image->image = {};
  const Lock lock(mutex_);
  clear_progress();
  outlets_.messages.detail(picture.name() + ", " + timing_text(*image));
  results_.put(picture.place, [this, engine, picture, image] { report(engine, picture, *image); });
}

void PictureRun::report(const EngineFacts& engine, const Picture& picture, const GeneratedImage& image) {
  try {
    outlets_.report.add({*picture.model, engine}, picture, image);
    ++made_;
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const Error& error) {
    add_failure(picture.name(), error);
    outlets_.report.add_failure(picture, error.what());
  }
}

void PictureRun::fail(const Picture& picture, const Error& problem) {
  const Lock lock(mutex_);
  add_failure(picture.name(), problem);
  results_.put(picture.place, [this, picture, problem] { outlets_.report.add_failure(picture, problem.what()); });
}

void PictureRun::warn(const Picture& picture, const std::string& message) {
  const Lock lock(mutex_);
  clear_progress();
  outlets_.messages.warning((picture.source.empty() ? "" : picture.source + ": ") + message);
}

void PictureRun::say_detail(const std::string& message) {
  const Lock lock(mutex_);
  clear_progress();
  outlets_.messages.detail(message);
}

void PictureRun::say_given_back(std::size_t worker, const Picture& picture, const std::string& problem) {
  const Lock lock(mutex_);
  clear_progress();
  outlets_.messages.detail(picture.name() + ": " + device_of(worker) + " failed (" + problem +
                           "); another device tries it");
}

void PictureRun::say_retired(const Attempt& attempt, const std::string& device) {
  const Lock lock(mutex_);
  clear_progress();
  outlets_.messages.warning(device_of(attempt.worker) + " failed where " + device + " did not (" + attempt.problem +
                            "); the run goes on without it");
}

void PictureRun::skip(const Picture& picture) {
  const Lock lock(mutex_);
  outlets_.report.add_skipped(picture);
}

void PictureRun::add_bad_line(const BadLine& line) {
  const Lock lock(mutex_);
  outlets_.report.add_bad_line(line.item, line.source, line.problem);
  add_failure(line.source, Error(line.problem));
}

void PictureRun::add_failure(const std::string& name, const Error& problem) {
  failures_.push_back({name, problem});
  clear_progress();
  // The only one is what the run ends with.
  if (total_ != 1) outlets_.messages.error(name + ": " + problem.what());
}

void PictureRun::clear_progress() {
  for (const std::unique_ptr<Progress>& progress : progress_) progress->clear();
}

}  // namespace deepcache_gen
