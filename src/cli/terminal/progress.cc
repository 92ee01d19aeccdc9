#include "cli/terminal/progress.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "cli/terminal/progress_text.h"
#include "cli/terminal/standard_streams.h"

namespace deepcache_gen {
namespace {

bool are_alike(const Pass& a, const Pass& b) {
  return a.width == b.width && a.height == b.height && a.refines == b.refines;
}

// Where two batches take the same time a step.
bool are_alike(const BatchPlace& a, const GenerationPlan& a_plan, const BatchPlace& b) {
  const auto passes_are_alike = [](const Pass& one, const Pass& other) { return are_alike(one, other); };
  return a.images == b.images && a_plan.settings.cache == b.plan->settings.cache &&
         a_plan.settings.guided() == b.plan->settings.guided() &&
         std::equal(a_plan.passes.begin(), a_plan.passes.end(), b.plan->passes.begin(), b.plan->passes.end(),
                    passes_are_alike);
}

class NoProgress : public Progress {
 public:
  void begin_batch(const BatchPlace&) override {}
  void on_step(const StepReport&) override {}
  void clear() override {}
};

std::unique_ptr<Progress> make_one(Verbosity verbosity, bool is_alone) {
  if (verbosity == Verbosity::quiet) return std::make_unique<NoProgress>();
  if (!is_alone || !can_redraw_lines(STDERR_FILENO)) return std::make_unique<ProgressLines>(std::cerr);
  return std::make_unique<ProgressBar>(std::cerr, [] { return terminal_columns(STDERR_FILENO); });
}

constexpr double kSecondsBetweenDrawings = 0.05;
constexpr std::size_t kNarrowestBar = 10;
constexpr std::size_t kWidestBar = 50;

std::string bar(int done, int total, std::size_t width) {
  std::string line(width, '-');
  const std::size_t filled = width * static_cast<std::size_t>(done) / static_cast<std::size_t>(std::max(total, 1));
  std::fill_n(line.begin(), filled, '#');
  return "[" + line + "] ";
}

constexpr int kMostLines = 4;

}  // namespace

void StepRate::begin_batch(const BatchPlace& place) {
  const bool goes_on = are_alike(place_, plan_, place);
  place_ = place;
  plan_ = *place.plan;
  done_ = 0;
  if (goes_on) return;
  passes_.clear();
  for (const Pass& pass : plan_.passes) passes_.push_back({.pixels = double(pass.width) * pass.height});
}

void StepRate::add(const StepReport& step) {
  PassTimes& pass = passes_[plan_.pass_of(step.index)];
  Mean& mean = step.choice.kind == StepKind::full ? pass.full : pass.cached;
  mean.sum += step.seconds;
  ++mean.count;
  done_ = step.index + 1;
}

double StepRate::steps_per_second() const {
  Mean all;
  for (const PassTimes& pass : passes_) {
    all.sum += pass.full.sum + pass.cached.sum;
    all.count += pass.full.count + pass.cached.count;
  }
  return all.sum > 0 ? all.count / all.sum : 0;
}

double StepRate::seconds_left() const {
  if (place_.images == 0) return 0;
  const double this_batch = expected_seconds_from(done_);
  const int images_to_come = place_.total ? *place_.total - place_.first - place_.images : 0;
  return this_batch + expected_seconds_from(0) * images_to_come / place_.images;
}

// A kind that has not been seen yet is taken to be as slow as the other, and a pass as the one before it, by its
// pixels.
double StepRate::expected_seconds(std::size_t number, StepKind kind) const {
  const PassTimes& pass = passes_[number];
  const Mean& own = kind == StepKind::full ? pass.full : pass.cached;
  const Mean& seen = own.count > 0 ? own : (kind == StepKind::full ? pass.cached : pass.full);
  if (seen.count > 0) return seen.sum / seen.count;
  return number == 0 ? 0 : expected_seconds(number - 1, kind) * pass.pixels / passes_[number - 1].pixels;
}

double StepRate::expected_seconds_from(int step) const {
  double seconds = 0;
  for (; step < plan_.calls(); ++step) seconds += expected_seconds(plan_.pass_of(step), plan_.call(step).choice.kind);
  return seconds;
}

std::vector<std::unique_ptr<Progress>> make_progress(Verbosity verbosity, std::size_t workers) {
  std::vector<std::unique_ptr<Progress>> all;
  while (all.size() < workers) all.push_back(make_one(verbosity, workers == 1));
  return all;
}

std::string bar_line(const StepReport& step, const BatchPlace& place, const StepRate& rate, int columns) {
  const auto width = static_cast<std::size_t>(std::max(columns, 0));
  const std::string images = images_text(place) + " ";
  std::string kind = kind_text(step.choice.kind);
  kind.resize(7, ' ');  // so that the line does not jump between full and cached
  const std::string count = std::to_string(step.index + 1) + "/" + std::to_string(step.total) + " ";
  const std::string speed = rate_text(rate.steps_per_second()) + " " + duration_text(rate.seconds_left()) + " left";

  const std::string text = count + kind + speed;
  const std::size_t frame = images.size() + text.size() + 3;
  if (frame + kNarrowestBar <= width) {
    return images + bar(step.index + 1, step.total, std::min(width - frame, kWidestBar)) + text;
  }
  if (images.size() + text.size() <= width) return images + text;
  if (text.size() <= width) return text;
  return (count + speed).substr(0, width);
}

ProgressBar::ProgressBar(std::ostream& out, std::function<int()> columns) : out_(out), columns_(std::move(columns)) {}

ProgressBar::~ProgressBar() { clear(); }

void ProgressBar::begin_batch(const BatchPlace& place) {
  place_ = place;
  rate_.begin_batch(place);
}

void ProgressBar::on_step(const StepReport& step) {
  rate_.add(step);
  seconds_since_drawn_ += step.seconds;
  if (drawn_ && step.index + 1 < step.total && seconds_since_drawn_ < kSecondsBetweenDrawings) return;
  // The last column stays free: terminals wrap when it is written to.
  out_ << "\r\x1b[K" << bar_line(step, place_, rate_, columns_() - 1) << std::flush;
  seconds_since_drawn_ = 0;
  drawn_ = true;
}

void ProgressBar::clear() {
  if (drawn_) out_ << "\r\x1b[K" << std::flush;
  drawn_ = false;
}

void ProgressLines::begin_batch(const BatchPlace& place) {
  place_ = place;
  rate_.begin_batch(place);
}

void ProgressLines::on_step(const StepReport& step) {
  rate_.add(step);
  const int done = step.index + 1;
  // A long list would fill a log: there every batch gets one line.
  const int lines = place_.images == place_.total ? kMostLines : 1;
  if (lines * done / step.total == lines * step.index / step.total) return;
  out_ << images_text(place_) << ": step " << done << "/" << step.total << ", " << rate_text(rate_.steps_per_second())
       << ", " << duration_text(rate_.seconds_left()) << " left" << std::endl;
}

}  // namespace deepcache_gen
