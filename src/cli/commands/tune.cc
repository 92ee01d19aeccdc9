#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <limits>
#include <set>
#include <system_error>

#include "cli/commands/commands.h"
#include "cli/commands/picture_planner.h"
#include "cli/prompts/prompt_list.h"
#include "cli/terminal/interruption.h"
#include "cli/terminal/messages.h"
#include "cli/terminal/progress_text.h"
#include "evaluation/tuning_prompts.h"
#include "evaluation/tuning_report.h"
#include "pipeline/kept_tuning.h"
#include "pipeline/picture_settings.h"
#include "pipeline/pipeline.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/number_text.h"
#include "support/printable.h"
#include "support/proc_files.h"
#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

constexpr int kMostTuningPictures = 100;
constexpr int kDeepestUsualBranch = 3;

void write_text(const std::filesystem::path& file, const std::string& text) {
  write_file_atomically(file, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

// One line that is drawn again on a terminal, else a line for what begins, though not one every moment.
class TuningLine {
 public:
  TuningLine(const Messages& messages, Verbosity verbosity)
      : messages_(messages), redraws_(verbosity != Verbosity::quiet && can_redraw_lines(STDERR_FILENO)) {}
  ~TuningLine() { clear(); }

  void begin(const std::string& what) {
    what_ = what;
    if (redraws_ || (last_said_ && all_.seconds() - *last_said_ < kSecondsBetweenLines)) return;
    messages_.note(text());
    last_said_ = all_.seconds();
  }

  void step(double done) {
    done_ = done;
    if (!redraws_ || since_drawn_.seconds() < kSecondsBetweenDrawings) return;
    since_drawn_.restart();
    const int columns = terminal_columns(STDERR_FILENO) - 1;
    std::cerr << "\r\x1b[K" << text().substr(0, static_cast<std::size_t>(std::max(columns, 0))) << std::flush;
    drawn_ = true;
  }

  void clear() {
    if (drawn_) std::cerr << "\r\x1b[K" << std::flush;
    drawn_ = false;
  }

  double seconds() const { return all_.seconds(); }

 private:
  static constexpr double kSecondsBetweenLines = 5, kSecondsBetweenDrawings = 0.1;

  std::string text() const {
    if (done_ <= 0) return what_;
    return what_ + ": " + duration_text(all_.seconds() / done_ * (1 - done_)) + " left";
  }

  const Messages& messages_;
  const bool redraws_;
  const Stopwatch all_;
  Stopwatch since_drawn_;
  std::string what_;
  double done_ = 0;
  std::optional<double> last_said_;
  bool drawn_ = false;
};

int checked_pictures(const TuneOptions& options) {
  return checked_whole("--pictures", options.pictures, 1, kMostTuningPictures);
}

std::vector<int> checked_branches(const TuneOptions& options, const ModelInfo& model) {
  std::vector<int> branches = options.branches;
  if (branches.empty()) {
    for (int branch = 0; branch <= std::min(kDeepestUsualBranch, model.max_branch()); ++branch) {
      branches.push_back(branch);
    }
  }
  for (const int branch : branches) {
    checked_whole("--branches", branch, 0, model.max_branch(), " for model " + model.name);
  }
  std::sort(branches.begin(), branches.end());
  branches.erase(std::unique(branches.begin(), branches.end()), branches.end());
  return branches;
}

// What each picture draws; a list may say no more than that.
std::vector<GenerationRequest> drawn(const CommandLine& line, const ModelInfo& model) {
  std::vector<GenerationRequest> requests;
  if (!line.prompts.file) {
    for (const std::string& prompt : tuning_prompts(model)) {
      requests.push_back(line.picture.request);
      requests.back().prompt = prompt;
    }
    return requests;
  }
  const PromptList list = read_prompt_list(*line.prompts.file, line.picture);
  if (!list.bad_lines.empty()) {
    throw UsageError("--prompts", list.bad_lines.front().source + ": " + list.bad_lines.front().problem);
  }
  for (const PictureRequest& entry : list.entries) requests.push_back(entry.request);
  return requests;
}

// So many to calibrate with, half as many others to check with, each with a seed of its own.
TuningPictures chosen_pictures(const CommandLine& line, const ModelInfo& model) {
  const std::vector<GenerationRequest> requests = drawn(line, model);
  const int calibration = checked_pictures(line.tune);
  const std::int64_t asked_seed = line.picture.request.seed.value_or(0);
  // So many have seeds behind it.
  const std::int64_t first_seed =
      std::min(asked_seed, std::numeric_limits<std::int64_t>::max() - 2 * kMostTuningPictures);
  TuningPictures pictures;
  for (int i = 0; i < calibration + (calibration + 1) / 2; ++i) {
    GenerationRequest request = requests[static_cast<std::size_t>(i) % requests.size()];
    request.seed = first_seed + i;
    request.image_count = 1;
    (i < calibration ? pictures.calibration : pictures.check).push_back(std::move(request));
  }
  return pictures;
}

GenerationSettings resolved_uncached(GenerationRequest request, const ModelInfo& model) {
  request.cache = ask_for_no_caching();
  return resolve(request, model);
}

// All are made in the same way, from noise, in one pass of the model's own UNet.
GenerationSettings check_pictures(const TuningPictures& pictures, const ModelInfo& model) {
  GenerationSettings first = resolved_uncached(pictures.calibration.front(), model);
  const GenerationPlan plan = plan_generation(first);
  const bool begins_with_noise = plan.passes.size() == 1 && plan.passes.front().start == Start::noise;
  if (!begins_with_noise || model.unet().is_inpainting()) {
    throw UsageError("tune: model " + model.name +
                     " can't be tuned so: pictures are made from noise in one pass; leave out what adds another, as a "
                     "refiner does, and take a model that reads no mask");
  }
  if (plan.calls() < 2) throw UsageError("--steps", "--steps 1: there is nothing to cache; give 2 or more to tune");
  for (const auto* list : {&pictures.calibration, &pictures.check}) {
    for (const GenerationRequest& request : *list) {
      if (can_share_batch(resolved_uncached(request, model), first)) continue;
      throw UsageError("--prompts", "--prompts: '" + shortened(request.prompt) +
                                        "' is made in another way than the first; give size, steps, sampler and "
                                        "guidance on the command line, for all");
    }
  }
  return first;
}

// Where policies will find it: in the user's own file where there is one, which wins; else beside the model, or where
// that can't be written, in that file.
std::filesystem::path file_for(const TuneOptions& options, const ModelInfo& model) {
  if (options.output) {
    require_writable(*options.output);
    return *options.output;
  }
  const std::optional<std::filesystem::path> own = tuned_file_of_user(model);
  std::error_code none;
  if (own && std::filesystem::exists(*own, none)) return *own;
  const std::filesystem::path beside = tuned_file_of_model(model);
  try {
    require_writable(beside);
    return beside;
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const Error&) {
    if (!own) throw;
  }
  require_writable(*own);
  return *own;
}

// What was measured before and can be gone on with.
TuningRecord earlier_record(const std::filesystem::path& file, const TuningShape& shape, const Messages& messages) {
  TuningRecord fresh{shape.of, {}, {}, {}, {}};
  std::error_code none;
  if (!std::filesystem::exists(file, none)) return fresh;
  try {
    if (auto record = read_tuning_record(file, shape)) {
      messages.note("going on with what is in " + file.string());
      return std::move(*record);
    }
    messages.note(file.string() + " is about another tuning, and is begun anew");
  } catch (const Error& error) {
    messages.warning(std::string(error.what()) + "; it is begun anew");
  }
  return fresh;
}

std::string gains_text(const Tuning& tuning) {
  std::string text;
  for (const UniformGain& gain : gains_over_uniform(tuning)) {
    text += (text.empty() ? "; against " : ", ") + gain.uniform->setting.name + ": " +
            number_text("%+.1f", gain.decibels()) + " dB";
  }
  return text.empty() ? text : text + ", at the same seconds or less";
}

std::string how_to_use(const Tuning& tuning, const std::filesystem::path& file, const TuneOptions& options) {
  const std::optional<std::string> budget = recommended_budget(tuning);
  std::string text = file.string();
  if (options.output) text += " (beside model.json it is called tuned.json, and is used)";
  if (budget) text += "; now use --cache-policy " + *budget;
  return text + gains_text(tuning);
}

Tuning measured(const Engine& engine, const ModelInfo& model, const CommandLine& line, const TuningPictures& pictures,
                const std::filesystem::path& partial, const Messages& messages) {
  const std::vector<int> branches = checked_branches(line.tune, model);
  TuningRecord record = earlier_record(partial, shape_of_tuning(model, pictures, branches, engine.facts()), messages);
  TuningLine shown(messages, line.messages.verbosity);
  std::set<std::string> warned;
  const TuningProgress progress{
      .begin = [&](const std::string& what) { shown.begin(what); },
      .step = [&](double done) { shown.step(done); },
      .keep = [&](const TuningRecord& so_far) { write_text(partial, tuning_record_text(so_far)); },
      .warn =
          [&](const std::string& message) {
            if (!warned.insert(message).second) return;
            shown.clear();
            messages.warning(message);
          },
      .stop_requested = interrupted};
  try {
    return tune_caching(engine, model, pictures, branches, std::move(record), progress);
  } catch (const Interrupted&) {
    shown.clear();
    messages.note("what was measured is in " + partial.string() + "; the same command goes on with it");
    throw;
  }
}

void tune_model(const CommandLine& line, const Results& results, const Messages& messages) {
  require_proc();
  const ModelInfo model = chosen_model(line);
  Pipeline::check(model, line.execution);
  const TuningPictures pictures = chosen_pictures(line, model);
  checked_branches(line.tune, model);
  const GenerationSettings settings = check_pictures(pictures, model);
  const std::filesystem::path file = file_for(line.tune, model);
  std::optional<std::filesystem::path> page;
  if (line.tune.report) require_writable(*(page = *line.tune.report / "index.html"));
  const Pipeline engine(VerifiedModel(model), line.execution);
  engine.check(settings);
  defer_interruption();
  const std::filesystem::path partial = file.string() + ".partial";
  const Tuning tuning = measured(engine, model, line, pictures, partial, messages);
  write_text(file, tuned_caching_text(tuning.tuned));
  std::error_code none;
  std::filesystem::remove(partial, none);
  if (page) write_text(*page, tuning_page(tuning, model.name));
  results.print(line.output.json ? tuning_json(tuning, model.name, file.string()) : tuning_table(tuning));
  messages.note(how_to_use(tuning, file, line.tune));
}

}  // namespace

void tune(const CommandLine& line, const Results& results) {
  const Messages messages(std::cerr, line.messages);
  log_how_it_ends(messages, line.picture.configured, [&] { tune_model(line, results, messages); });
}

}  // namespace deepcache_gen
