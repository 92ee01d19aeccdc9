#include "cli/run/worker.h"

#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "support/error.h"
#include "support/failure_text.h"
#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

// The first problem of several threads; the others only follow from it. A thread is interrupted also because another
// has a problem, which it may not have told yet.
class FirstProblem {
 public:
  void keep(std::exception_ptr problem, bool is_interruption) {
    const std::lock_guard lock(mutex_);
    if (problem_ && (is_interruption || !is_interruption_)) return;
    problem_ = std::move(problem);
    is_interruption_ = is_interruption;
  }
  void rethrow() const {
    if (problem_) std::rethrow_exception(problem_);
  }

 private:
  std::mutex mutex_;
  std::exception_ptr problem_;
  bool is_interruption_ = false;
};

}  // namespace

/// What happens while one batch is made.
class Worker::BatchObserver : public Observer {
 public:
  BatchObserver(Worker& worker, const std::vector<Picture>& batch)
      : worker_(worker), batch_(batch), ended_(batch.size(), false) {}

  const std::vector<bool>& ended() const { return ended_; }

  Curiosity curiosity() const override { return worker_.run_.curiosity(); }

  void on_step(const StepReport& step) override { worker_.run_.on_step(worker_.number_, batch_, step); }

  void on_preview(const Image& preview) override {
    try {
      worker_.run_.show(preview);
    } catch (const Error& error) {  // not worth a picture
      worker_.warn(batch_.front(), error.what());
    }
  }

  void on_image(std::size_t position, GeneratedImage image) override {
    ended_[position] = true;
    worker_.finish(batch_[position], std::move(image));
  }

  void on_failure(std::size_t position, const Error& problem) override {
    ended_[position] = true;
    worker_.fail(batch_[position], problem);
  }

  void on_warning(std::size_t position, const std::string& message) override {
    worker_.warn(batch_[position], message);
  }

  void on_detail(const std::string& message) override { worker_.run_.say_detail(message); }

  bool stop_requested() const override { return worker_.run_.stop_requested(); }

 private:
  Worker& worker_;
  const std::vector<Picture>& batch_;
  std::vector<bool> ended_;
};

Worker::Worker(std::size_t number, const Engine& engine, WorkQueue& queue, PictureRun& run)
    : number_(number), engine_(engine), facts_(engine.facts()), queue_(queue), run_(run) {}

void Worker::work() {
  const auto most = [&](const GenerationSettings& settings) { return engine_.batch_size(settings); };
  try {
    for (std::vector<Picture> batch = queue_.take(number_, most); !batch.empty(); batch = queue_.take(number_, most)) {
      run_.begin_work();
      for (const std::vector<Picture>& part : by_prompt_length(batch)) make(part);
      run_.end_work();
    }
  } catch (...) {
    await_delivery();
    throw;
  }
  await_delivery();
}

// In the order of their first pictures; one whose prompt can't be read is alone and fails alone.
std::vector<std::vector<Picture>> Worker::by_prompt_length(const std::vector<Picture>& batch) const {
  if (batch.size() == 1) return {batch};
  std::vector<std::vector<Picture>> parts;
  std::map<std::vector<std::size_t>, std::size_t> part_of;
  for (const Picture& picture : batch) {
    const auto lengths = prompt_lengths(picture);
    const auto known = lengths ? part_of.try_emplace(*lengths, parts.size()).first->second : parts.size();
    if (known == parts.size()) parts.emplace_back();
    parts[known].push_back(picture);
  }
  return parts;
}

std::optional<std::vector<std::size_t>> Worker::prompt_lengths(const Picture& picture) const {
  try {
    return engine_.prompt_lengths(picture.settings());
  } catch (const Error&) {  // told when it is made
    return {};
  }
}

void Worker::make(const std::vector<Picture>& batch) {
  run_.begin_batch(number_, batch);
  BatchObserver observer(*this, batch);
  std::optional<Error> problem;
  try {
    engine_.generate({batch.begin(), batch.end()}, observer);
    return;
  } catch (const Interrupted&) {
    throw;
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const std::exception& error) {  // a device's failure is not the end of the others' work
    problem = failure_of(error);
  }
  if (batch.size() > 1) return make_one_by_one(batch, observer.ended());
  if (!observer.ended().front()) fail(batch.front(), *problem);
}

void Worker::make_one_by_one(const std::vector<Picture>& batch, const std::vector<bool>& ended) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!ended[i]) make({batch[i]});
  }
}

void Worker::finish(const Picture& picture, GeneratedImage image) {
  for (const Attempt& attempt : queue_.succeed(picture)) run_.say_retired(attempt, facts_.device);
  await_delivery();
  delivery_ = run_.deliver(facts_, picture, std::move(image));
}

// A picture that is made and not handed over would be missing without a word: that ends the run, whatever kept it.
void Worker::await_delivery() {
  try {
    if (delivery_.valid()) delivery_.get();
  } catch (const std::exception& error) {
    throw NoMoreOutput(error.what());
  }
}

void Worker::fail(const Picture& picture, const Error& problem) {
  if (queue_.give_back(number_, picture, problem.what())) {
    run_.say_given_back(number_, picture, problem.what());
  } else {
    run_.fail(picture, problem);
  }
}

void Worker::warn(const Picture& picture, const std::string& message) {
  if (warned_plan_ != picture.plan) warnings_.clear();
  warned_plan_ = picture.plan;
  if (warnings_.insert(message).second) run_.warn(picture, message);
}

void work_together(const std::vector<std::unique_ptr<Worker>>& workers, std::atomic<bool>& stop) {
  // A lone engine was loaded by this thread, which therefore has its team of OpenMP's already.
  if (workers.size() == 1) return workers.front()->work();
  FirstProblem problem;
  std::vector<std::jthread> threads;
  for (const std::unique_ptr<Worker>& worker : workers) {
    threads.emplace_back([&] {
      try {
        worker->work();
      } catch (const Interrupted&) {
        problem.keep(std::current_exception(), true);
        stop = true;
      } catch (...) {
        problem.keep(std::current_exception(), false);
        stop = true;
      }
    });
  }
  threads.clear();
  problem.rethrow();
}

}  // namespace deepcache_gen
