#include "cli/run/worker.h"

#include <new>
#include <utility>

#include "support/error.h"
#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

std::vector<ImageJob> jobs_of(const std::vector<Task>& batch) {
  std::vector<ImageJob> jobs;
  for (const Task& task : batch) jobs.push_back(task.picture.job);
  return jobs;
}

std::vector<Picture> pictures_of(const std::vector<Task>& batch) {
  std::vector<Picture> pictures;
  for (const Task& task : batch) pictures.push_back(task.picture);
  return pictures;
}

}  // namespace

/// What happens while one batch is made.
class Worker::BatchObserver : public Observer {
 public:
  BatchObserver(Worker& worker, const std::vector<Task>& batch)
      : worker_(worker), batch_(batch), pictures_(pictures_of(batch)), ended_(batch.size(), false) {}

  const std::vector<bool>& ended() const { return ended_; }

  Curiosity curiosity() const override { return worker_.run_.curiosity(); }

  void on_step(const StepReport& step) override { worker_.run_.on_step(worker_.number_, pictures_, step); }

  void on_preview(const Image& preview) override {
    try {
      worker_.run_.show(preview);
    } catch (const Error& error) {  // not worth a picture
      worker_.warn(batch_.front().picture, error.what());
    }
  }

  void on_image(std::size_t position, GeneratedImage image) override {
    ended_[position] = true;
    worker_.finish(batch_[position], std::move(image));
  }

  void on_failure(std::size_t position, const std::string& problem) override {
    ended_[position] = true;
    worker_.fail(batch_[position], problem);
  }

  void on_warning(std::size_t position, const std::string& message) override {
    worker_.warn(batch_[position].picture, message);
  }

  bool stop_requested() const override { return worker_.run_.interrupted(); }

 private:
  Worker& worker_;
  const std::vector<Task>& batch_;
  std::vector<Picture> pictures_;
  std::vector<bool> ended_;
};

Worker::Worker(std::size_t number, const Engine& engine, WorkQueue& queue, PictureRun& run)
    : number_(number), engine_(engine), facts_(engine.facts()), queue_(queue), run_(run) {}

void Worker::work() {
  const auto most = [&](const GenerationSettings& settings) { return engine_.batch_size(settings); };
  while (true) {
    const std::vector<Task> batch = queue_.take(number_, most);
    if (batch.empty()) return await_writing();
    run_.begin_work();
    make(batch);
    run_.end_work();
  }
}

void Worker::make(const std::vector<Task>& batch) {
  run_.begin_batch(number_, batch);
  BatchObserver observer(*this, batch);
  std::string problem;
  try {
    engine_.generate(jobs_of(batch), observer);
    return;
  } catch (const Interrupted&) {
    throw;
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const std::bad_alloc&) {
    problem = "out of memory; choose a smaller size or --batch-size";
  } catch (const std::exception& error) {  // a device's failure is not the end of the others' work
    problem = error.what();
  }
  if (batch.size() > 1) return make_one_by_one(batch, observer.ended());
  if (!observer.ended().front()) fail(batch.front(), problem);
}

void Worker::make_one_by_one(const std::vector<Task>& batch, const std::vector<bool>& ended) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!ended[i]) make({batch[i]});
  }
}

void Worker::finish(const Task& task, GeneratedImage image) {
  for (const Attempt& attempt : queue_.succeed(task)) run_.say_retired(attempt, facts_.device);
  await_writing();
  // A device beside the processors goes on meanwhile; on them, coding would only be in the next picture's way.
  std::vector<std::uint8_t> png;
  if (facts_.device == "cpu") png = run_.code(facts_, task, image);
  writing_ = std::async(std::launch::async, [this, task, made = std::move(image), png = std::move(png)]() mutable {
    if (png.empty()) png = run_.code(facts_, task, made);
    run_.finish(facts_, task, std::move(made), png);
  });
}

void Worker::await_writing() {
  if (writing_.valid()) writing_.get();
}

void Worker::fail(const Task& task, const std::string& problem) {
  if (queue_.give_back(number_, task, problem)) {
    run_.say_given_back(number_, task.picture, problem);
  } else {
    run_.fail(task, problem);
  }
}

void Worker::warn(const Picture& picture, const std::string& message) {
  if (warned_plan_ != picture.job.plan) warnings_.clear();
  warned_plan_ = picture.job.plan;
  if (warnings_.insert(message).second) run_.warn(picture, message);
}

}  // namespace deepcache_gen
