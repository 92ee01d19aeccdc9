#include <algorithm>
#include <functional>
#include <iostream>
#include <utility>

#include "backend/build_facts.h"
#include "cli/commands/commands.h"
#include "cli/commands/picture_planner.h"
#include "cli/commands/prompt_notes.h"
#include "cli/output/comparison_page.h"
#include "cli/output/comparison_table.h"
#include "cli/output/picture.h"
#include "cli/output/picture_content.h"
#include "cli/terminal/interruption.h"
#include "cli/terminal/messages.h"
#include "cli/terminal/progress.h"
#include "image/contact_sheet.h"
#include "image/png.h"
#include "pipeline/picture_costs.h"
#include "pipeline/pipeline.h"
#include "support/atomic_file.h"
#include "support/error.h"
#include "support/proc_files.h"

namespace deepcache_gen {
namespace {

// What is to be made, and the files for it.
struct Comparison {
  std::vector<Picture> pictures;         // all of one seed, of each sampler the original first
  std::vector<PlannedSetting> settings;  // of each picture
  ComparisonFiles files;
};

// Plans what is made with one sampler, each once, into the comparison.
class SamplerPlanner {
 public:
  SamplerPlanner(const PicturePlanner& planner, PictureRequest entry, std::filesystem::path folder,
                 Comparison& comparison)
      : planner_(planner), entry_(std::move(entry)), folder_(std::move(folder)), comparison_(comparison) {
    entry_.output = (folder_ / "original.png").string();
    entry_.request.cache = {no_caching().options};
    add(planned(entry_), {});
  }

  const GenerationPlan& original() const { return *comparison_.settings[first_].plan; }

  void add_caching(const CacheRequest& caching) {
    PictureRequest entry = entry_;
    entry.request.cache = caching;
    Picture picture = planned(entry);
    const CacheSpec spec = picture.settings().cache;
    add(std::move(picture), {caches(spec) ? spec : no_caching()});
  }

  // Plain steps that cost as much as each. What can't be had of them is left out: `leave_out` is told why.
  void add_plain_steps(const PassCosts& costs, const std::function<void(const std::string&)>& leave_out) {
    for (std::size_t i = first_ + 1, count = comparison_.settings.size(); i < count; ++i) {
      const int steps = steps_of_equal_cost(costs, original(), *comparison_.settings[i].plan);
      for (const bool on_curve : {false, true}) {
        const Variation plain{no_caching(), steps, on_curve};
        if (steps >= original().settings.steps || is_there(plain)) continue;
        try {
          add(planned_plain(plain), plain);
        } catch (const UsageError& error) {
          leave_out(variation_text(plain) + ", for --steps-baseline, is left out: " + error.what());
        }
      }
    }
  }

 private:
  Picture planned(const PictureRequest& entry) const { return planner_.plan(entry).front(); }

  Picture planned_plain(const Variation& plain) const {
    PictureRequest entry = entry_;
    entry.request.steps = plain.steps;
    entry.request.timesteps_curve = plain.on_curve;
    if (entry.request.hires_steps) {
      entry.request.hires_steps = std::max(1, *entry.request.hires_steps * *plain.steps / original().settings.steps);
    }
    return planned(entry);
  }

  bool is_there(const Variation& setting) const {
    const auto begin = comparison_.settings.begin() + static_cast<std::ptrdiff_t>(first_);
    return std::any_of(begin, comparison_.settings.end(),
                       [&](const PlannedSetting& planned) { return planned.setting == setting; });
  }

  void add(Picture picture, const Variation& setting) {
    if (is_there(setting)) return;
    picture.file = folder_ / (variation_file_name(setting) + ".png");
    comparison_.files.pictures.push_back(picture.file);
    comparison_.settings.push_back({setting, picture.plan});
    comparison_.pictures.push_back(std::move(picture));
  }

  const PicturePlanner& planner_;
  PictureRequest entry_;
  std::filesystem::path folder_;
  Comparison& comparison_;
  std::size_t first_ = comparison_.settings.size();
};

PassCosts costs_of(const CommandLine& line, const ModelInfo& model, const GenerationPlan& original) {
  const auto tuned = line.picture.request.tuning->of(model);
  if (const std::optional<PassCosts> costs = picture_costs(model, tuned.get(), original.settings)) return *costs;
  throw UsageError("--steps-baseline", "--steps-baseline: what model " + model.name +
                                           " costs is not known; run deepcache-gen tune with it, or export it again");
}

// Where a request says itself where its steps are, there are no fewer of them to be had.
void require_spaced_steps(const CommandLine& line) {
  const GenerationRequest& request = line.picture.request;
  for (const auto& [flag, is_given] : {std::pair{"--sigmas", request.sigmas.has_value()},
                                       {"--timesteps", request.timesteps.has_value()},
                                       {"--timesteps-curve", request.timesteps_curve}}) {
    if (!is_given) continue;
    throw UsageError("--steps-baseline",
                     std::string("--steps-baseline and ") + flag + " both say where to step; leave one out");
  }
}

Comparison plan_comparison(const CommandLine& line, const ModelInfo& model, const Messages& messages) {
  const CompareOptions& asked = line.compare;
  const std::vector<CacheRequest> cachings = caching_to_compare(asked.intervals, asked.branches, asked.policies);
  const std::vector<SamplerChoice> samplers = samplers_to_compare(asked.samplers, asked.sigma_schedules);
  if (asked.steps_baseline) require_spaced_steps(line);
  const PicturePlanner planner = make_planner(line, model);
  Comparison comparison{{}, {}, name_comparison_files(line)};
  PictureRequest entry = line.picture;
  entry.request.seed = line.picture.request.seed ? *line.picture.request.seed : random_seed();
  for (const SamplerChoice& sampler : samplers) {
    entry.request.sampler = sampler.sampler;
    entry.request.sigma_schedule = sampler.sigma_schedule;
    SamplerPlanner plans(planner, entry, picture_folder(sampler, samplers.size(), line), comparison);
    for (const CacheRequest& caching : cachings) plans.add_caching(caching);
    if (!asked.steps_baseline) continue;
    plans.add_plain_steps(costs_of(line, model, plans.original()),
                          [&](const std::string& message) { messages.note(message); });
  }
  return comparison;
}

void require_free_places(const Comparison& comparison, const PictureFiles& files) {
  for (const Picture& picture : comparison.pictures) files.is_made(picture);
  files.require_free("--output", comparison.files.contact_sheet);
  if (comparison.files.page) files.require_free("--report", *comparison.files.page);
}

// `made`: what happens to every picture.
ComparisonProgress shown_on(Progress& progress, const Messages& messages,
                            std::function<void(const ComparedSetting&)> made) {
  return {
      .begin =
          [&progress](const GenerationPlan& plan, int number, int count) {
            progress.begin_batch({&plan, number, 1, count});
          },
      .step = [&progress](const StepReport& step) { progress.on_step(step); },
      .made = std::move(made),
      .warn =
          [&](const std::string& message) {
            progress.clear();
            messages.warning(message);
          },
      .stop_requested = interrupted,
  };
}

void write_contact_sheet(const std::vector<ComparedSetting>& settings, const std::filesystem::path& file) {
  const auto groups = by_sampler(settings);
  std::optional<int> columns;  // a row for each sampler
  if (groups.size() > 1) columns = static_cast<int>(longest_group(groups));
  const Image none;
  std::vector<SheetPicture> pictures;
  for (const auto& group : groups) {
    const std::string sampler = columns ? sampler_text(group) : "";
    for (const ComparedSetting& setting : group) pictures.push_back({setting.image.image, caption(setting, sampler)});
    while (columns && pictures.size() % static_cast<std::size_t>(*columns) != 0) pictures.push_back({none, {}});
  }
  write_file_atomically(file, encode_png(draw_contact_sheet(pictures, columns), {}));
}

void write_page(const std::vector<ComparedSetting>& settings, const RunFacts& run, const ComparisonPageParts& parts,
                const std::filesystem::path& file) {
  const std::string page = comparison_page(settings, run, parts);
  write_file_atomically(file, {reinterpret_cast<const std::uint8_t*>(page.data()), page.size()});
}

std::string summary(const Comparison& comparison) {
  const ComparisonFiles& files = comparison.files;
  return "seed " + std::to_string(comparison.pictures.front().settings().seed) + "; pictures and " +
         files.contact_sheet.filename().string() + " in " + files.contact_sheet.parent_path().string() +
         (files.page ? "; report: " + files.page->string() : "");
}

void make_comparison(const CommandLine& line, const Results& results, const Messages& messages) {
  require_proc();
  const ModelInfo model = chosen_model(line);
  Pipeline::check(model, line.execution);
  const Comparison comparison = plan_comparison(line, model, messages);
  require_free_places(comparison, PictureFiles(line.output));
  PromptNotes prompt_notes(model, !line.picture.request.prompt_style);
  prompt_notes.add(comparison.pictures.front());
  prompt_notes.say(messages);
  const Pipeline engine(VerifiedModel(model), line.execution);
  engine.check(comparison.pictures.front().settings());
  const std::unique_ptr<Progress> progress = std::move(make_progress(line.messages.verbosity).front());
  defer_interruption();
  const RunFacts run{*comparison.pictures.front().model, engine.facts()};
  ComparisonPageParts parts;
  const auto write = [&](const ComparedSetting& setting) {
    const std::size_t number = parts.pngs.size();
    parts.pngs.push_back(picture_bytes(run, comparison.pictures[number], setting.image));
    write_file_atomically(comparison.files.pictures[number], parts.pngs.back());
  };
  const std::vector<ComparedSetting> settings =
      compare_settings(engine, model, comparison.settings, shown_on(*progress, messages, write));
  progress->clear();
  write_contact_sheet(settings, comparison.files.contact_sheet);
  if (comparison.files.page) {
    parts.versions = build_facts();
    write_page(settings, run, parts, *comparison.files.page);
  }
  messages.note(summary(comparison));
  results.print(line.output.json ? comparison_json(settings, run, comparison.files) : comparison_table(settings));
}

}  // namespace

void compare(const CommandLine& line, const Results& results) {
  const Messages messages(std::cerr, line.messages);
  log_how_it_ends(messages, line.picture.configured, [&] { make_comparison(line, results, messages); });
}

}  // namespace deepcache_gen
