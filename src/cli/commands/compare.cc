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
#include "pipeline/pipeline.h"
#include "support/atomic_file.h"

namespace deepcache_gen {
namespace {

// What is to be made, and the files for it.
struct Comparison {
  std::vector<Picture> pictures;  // all of one seed, of each sampler the original first
  ComparisonFiles files;

  std::vector<std::shared_ptr<const GenerationPlan>> plans() const {
    std::vector<std::shared_ptr<const GenerationPlan>> plans;
    for (const Picture& picture : pictures) plans.push_back(picture.plan);
    return plans;
  }
};

Comparison plan_comparison(const CommandLine& line, const ModelInfo& model) {
  const std::vector<CacheSpec> settings = settings_to_compare(line.compare.intervals, line.compare.branches);
  const std::vector<SamplerChoice> samplers = samplers_to_compare(line.compare.samplers, line.compare.sigma_schedules);
  const PicturePlanner planner = make_planner(line, model);
  Comparison comparison{{}, name_comparison_files(settings, samplers, line)};
  PictureRequest entry = line.picture;
  entry.request.seed = line.picture.request.seed ? *line.picture.request.seed : random_seed();
  for (const SamplerChoice& sampler : samplers) {
    entry.request.sampler = sampler.sampler;
    entry.request.sigma_schedule = sampler.sigma_schedule;
    for (const CacheSpec& setting : settings) {
      entry.request.cache = {setting.options};
      entry.output = comparison.files.pictures[comparison.pictures.size()].string();
      comparison.pictures.push_back(planner.plan(entry).front());
    }
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
  std::vector<SheetPicture> pictures;
  const std::size_t samplers = by_sampler(settings).size();
  for (const ComparedSetting& setting : settings) {
    pictures.push_back({setting.image.image, caption(setting, samplers > 1)});
  }
  std::optional<int> columns;  // a row for each sampler
  if (samplers > 1) columns = static_cast<int>(settings.size() / samplers);
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
  const ModelInfo model = chosen_model(line);
  Pipeline::check(model, line.execution);
  const Comparison comparison = plan_comparison(line, model);
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
      compare_settings(engine, model, comparison.plans(), shown_on(*progress, messages, write));
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
