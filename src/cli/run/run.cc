#include "cli/run/run.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <utility>

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

}  // namespace

PictureRun::PictureRun(ModelIdentity model, std::vector<std::string> devices, RunParts parts, std::optional<int> total)
    : model_(std::move(model)), devices_(std::move(devices)), parts_(std::move(parts)), total_(total) {}

void PictureRun::begin_work() {
  const Lock lock(mutex_);
  if (working_++ == 0) stopwatch_.restart();
}

void PictureRun::end_work() {
  const Lock lock(mutex_);
  if (--working_ == 0) seconds_ += stopwatch_.seconds();
}

void PictureRun::begin_batch(std::size_t worker, const std::vector<Task>& batch) {
  const Lock lock(mutex_);
  const Task& first = batch.front();
  parts_.progress[worker]->begin_batch(
      {first.picture.job.plan.get(), static_cast<int>(first.place), static_cast<int>(batch.size()), total_});
}

void PictureRun::on_step(std::size_t worker, const std::vector<Picture>& batch, const StepReport& step) {
  const Lock lock(mutex_);
  parts_.progress[worker]->on_step(step);
  parts_.step_files.add(batch, step);
}

void PictureRun::show(const Image& preview) {
  const Lock lock(mutex_);
  parts_.step_files.show(preview);
}

std::vector<std::uint8_t> PictureRun::code(const EngineFacts& engine, const Task& task,
                                           const GeneratedImage& image) const {
  return picture_png({model_, engine}, task.picture, image);
}

void PictureRun::finish(const EngineFacts& engine, const Task& task, GeneratedImage image,
                        std::vector<std::uint8_t> png) {
  try {
    write(engine, task, std::move(image), std::move(png));
  } catch (const NoMoreOutput&) {
    has_ended_ = true;
    throw;
  }
}

// The file is written at once and while others report; what tells of it keeps the order.
void PictureRun::write(const EngineFacts& engine, const Task& task, GeneratedImage image,
                       std::vector<std::uint8_t> png) {
  std::optional<std::string> problem;
  try {
    if (png.empty()) png = code(engine, task, image);
    write_file_atomically(task.picture.file, png);
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const std::exception& error) {
    problem = failure_text(error);
  }
  if (problem) return fail(task, *problem);
  image.image = {};
  const Lock lock(mutex_);
  clear_progress();
  parts_.messages.detail(task.picture.name() + ", " + timing_text(image));
  const auto waiting = std::make_shared<GeneratedImage>(std::move(image));
  results_.put(task.place, [this, engine, task, waiting] { hand_over(engine, task, *waiting); });
}

void PictureRun::fail(const Task& task, const std::string& problem) {
  const Lock lock(mutex_);
  add_failure(task.picture.name(), problem);
  results_.put(task.place, [this, task, problem] { parts_.writer.report_failure(task.picture, model_.name, problem); });
}

void PictureRun::warn(const Picture& picture, const std::string& message) {
  const Lock lock(mutex_);
  clear_progress();
  parts_.messages.warning((picture.source.empty() ? "" : picture.source + ": ") + message);
}

void PictureRun::say_given_back(std::size_t worker, const Picture& picture, const std::string& problem) {
  const Lock lock(mutex_);
  clear_progress();
  parts_.messages.detail(picture.name() + ": " + devices_[worker] + " failed (" + problem +
                         "); another device tries it");
}

void PictureRun::say_retired(const Attempt& attempt, const std::string& device) {
  const Lock lock(mutex_);
  clear_progress();
  parts_.messages.warning(devices_[attempt.worker] + " failed where " + device + " did not (" + attempt.problem +
                          "); the run goes on without it");
}

void PictureRun::skip(const Picture& picture) {
  const Lock lock(mutex_);
  parts_.writer.report_skipped(picture, model_.name);
}

void PictureRun::add_bad_line(const BadLine& line) {
  const Lock lock(mutex_);
  parts_.writer.report_bad_line(line.item, line.source, line.problem);
  add_failure(line.source, line.problem);
}

void PictureRun::hand_over_the_rest() {
  const Lock lock(mutex_);
  results_.do_the_rest();
}

void PictureRun::say_totals(double load_seconds) const {
  if (made_ > 1) parts_.messages.detail(totals_text(made_, seconds_, load_seconds));
}

void PictureRun::require_no_failures() const {
  if (failures_.empty()) return;
  if (total_ == 1) throw Error(failures_.front().name + ": " + failures_.front().problem);
  std::string names;
  for (const Failure& failure : failures_) names += (names.empty() ? "" : ", ") + failure.name;
  const std::size_t all = static_cast<std::size_t>(made_) + failures_.size();
  throw Error(std::to_string(failures_.size()) + " of " + std::to_string(all) + " images could not be made: " + names);
}

void PictureRun::hand_over(const EngineFacts& engine, const Task& task, const GeneratedImage& image) {
  try {
    parts_.writer.hand_over({model_, engine}, task.picture, image);
    ++made_;
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const Error& error) {
    add_failure(task.picture.name(), error.what());
    parts_.writer.report_failure(task.picture, model_.name, error.what());
  }
}

void PictureRun::add_failure(const std::string& name, const std::string& problem) {
  failures_.push_back({name, problem});
  clear_progress();
  // The only one is what the run ends with.
  if (total_ != 1) parts_.messages.error(name + ": " + problem);
}

void PictureRun::clear_progress() {
  for (Progress* progress : parts_.progress) progress->clear();
}

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
