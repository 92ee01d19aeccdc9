#include "cli/terminal/progress.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

#include "cli/terminal/progress_text.h"
#include "cli/terminal/standard_streams.h"

namespace deepcache_gen {
namespace {

// Where two batches take the same time a step.
bool are_alike(const BatchPlace& a, const GenerationSettings& a_settings, const BatchPlace& b) {
  const GenerationSettings& settings = b.plan->settings;
  return a.images == b.images && a_settings.width == settings.width && a_settings.height == settings.height &&
         a_settings.cache == settings.cache && a_settings.guided() == settings.guided();
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
  if (!are_alike(place_, settings_, place)) full_ = cached_ = {};
  place_ = place;
  planned_.clear();
  for (int call = 0; call < place.plan->calls(); ++call) planned_.push_back(place.plan->call(call).choice.kind);
  settings_ = place.plan->settings;
  done_ = 0;
}

void StepRate::add(const StepReport& step) {
  Mean& mean = step.choice.kind == StepKind::full ? full_ : cached_;
  mean.sum += step.seconds;
  ++mean.count;
  done_ = step.index + 1;
}

double StepRate::steps_per_second() const {
  const double seconds = full_.sum + cached_.sum;
  return seconds > 0 ? (full_.count + cached_.count) / seconds : 0;
}

double StepRate::seconds_left() const {
  if (place_.images == 0) return 0;
  const double this_batch = expected_seconds_from(static_cast<std::size_t>(done_));
  const int images_to_come = place_.total ? *place_.total - place_.first - place_.images : 0;
  return this_batch + expected_seconds_from(0) * images_to_come / place_.images;
}

// A kind that has not been seen yet is taken to be as slow as the other.
double StepRate::expected_seconds(StepKind kind) const {
  const Mean& own = kind == StepKind::full ? full_ : cached_;
  const Mean& seen = own.count > 0 ? own : (kind == StepKind::full ? cached_ : full_);
  return seen.count > 0 ? seen.sum / seen.count : 0;
}

double StepRate::expected_seconds_from(std::size_t step) const {
  double seconds = 0;
  for (; step < planned_.size(); ++step) seconds += expected_seconds(planned_[step]);
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
