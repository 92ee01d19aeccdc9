#include "cli/commands/picture_run.h"

#include <cstdio>
#include <new>
#include <utility>

#include "cli/terminal/progress_text.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

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

std::vector<ImageJob> jobs_of(const std::vector<Picture>& batch) {
  std::vector<ImageJob> jobs;
  for (const Picture& picture : batch) jobs.push_back(picture.job);
  return jobs;
}

}  // namespace

/// What happens while one batch is made.
class PictureRun::BatchObserver : public Observer {
 public:
  BatchObserver(PictureRun& run, const std::vector<Picture>& batch)
      : run_(run), batch_(batch), ended_(batch.size(), false) {}

  const std::vector<bool>& ended() const { return ended_; }

  Curiosity curiosity() const override { return run_.parts_.step_files.curiosity(); }

  void on_step(const StepReport& step) override {
    run_.parts_.progress.on_step(step);
    run_.parts_.step_files.add(batch_, step);
  }

  void on_preview(const Image& preview) override {
    try {
      run_.parts_.step_files.show(preview);
    } catch (const Error& error) {  // not worth a picture
      run_.warn(batch_.front(), error.what());
    }
  }

  void on_image(std::size_t position, GeneratedImage image) override {
    const Picture& picture = batch_[position];
    run_.parts_.progress.clear();
    run_.parts_.messages.detail(picture.name() + ", " + timing_text(image));
    ended_[position] = true;
    try {
      run_.parts_.writer.write(run_.facts_, picture, std::move(image));
      ++run_.made_;
    } catch (const NoMoreOutput&) {
      throw;
    } catch (const Error& error) {
      run_.fail(picture, error.what());
    }
  }

  void on_failure(std::size_t position, const std::string& problem) override {
    ended_[position] = true;
    run_.fail(batch_[position], problem);
  }

  void on_warning(std::size_t position, const std::string& message) override { run_.warn(batch_[position], message); }

  bool stop_requested() const override { return run_.parts_.interrupted(); }

 private:
  PictureRun& run_;
  const std::vector<Picture>& batch_;
  std::vector<bool> ended_;
};

PictureRun::PictureRun(const Engine& engine, ModelIdentity model, RunParts parts, std::optional<int> total)
    : engine_(engine), facts_{std::move(model), engine.facts()}, parts_(std::move(parts)), total_(total) {}

void PictureRun::make_batch(PictureQueue& queue) {
  const int most = engine_.batch_size(queue.front().settings());
  const Stopwatch stopwatch;
  make(queue.take_batch(static_cast<std::size_t>(most)));
  seconds_ += stopwatch.seconds();
}

void PictureRun::say_totals() const {
  if (made_ > 1) parts_.messages.detail(totals_text(made_, seconds_, facts_.engine.load_seconds));
}

void PictureRun::make(const std::vector<Picture>& batch) {
  const int before = made_ + static_cast<int>(failures_.size());
  parts_.progress.begin_batch({batch.front().job.plan.get(), before, static_cast<int>(batch.size()), total_});
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
  } catch (const Error& error) {
    problem = error.what();
  }
  if (batch.size() > 1) return make_one_by_one(batch, observer.ended());
  if (!observer.ended().front()) fail(batch.front(), problem);
}

void PictureRun::make_one_by_one(const std::vector<Picture>& batch, const std::vector<bool>& ended) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (!ended[i]) make({batch[i]});
  }
}

void PictureRun::fail(const Picture& picture, const std::string& problem) {
  parts_.writer.report_failure(picture, facts_.model.name, problem);
  add_failure(picture.name(), problem);
}

void PictureRun::warn(const Picture& picture, const std::string& message) {
  if (warned_plan_ != picture.job.plan) warnings_.clear();
  warned_plan_ = picture.job.plan;
  if (!warnings_.insert(message).second) return;
  parts_.progress.clear();
  parts_.messages.warning((picture.source.empty() ? "" : picture.source + ": ") + message);
}

void PictureRun::add_failure(const std::string& name, const std::string& problem) {
  failures_.push_back({name, problem});
  parts_.progress.clear();
  // The only one is what the run ends with.
  if (total_ != 1) parts_.messages.error(name + ": " + problem);
}

void PictureRun::require_no_failures() const {
  if (failures_.empty()) return;
  if (total_ == 1) throw Error(failures_.front().name + ": " + failures_.front().problem);
  std::string names;
  for (const Failure& failure : failures_) names += (names.empty() ? "" : ", ") + failure.name;
  const std::size_t all = static_cast<std::size_t>(made_) + failures_.size();
  throw Error(std::to_string(failures_.size()) + " of " + std::to_string(all) + " images could not be made: " + names);
}

}  // namespace deepcache_gen
