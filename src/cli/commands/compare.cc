#include "cli/commands/compare.h"

#include <iostream>

#include "cli/commands/chosen_model.h"
#include "cli/commands/make_planner.h"
#include "cli/commands/picture_files.h"
#include "cli/commands/random_seed.h"
#include "cli/output/comparison_table.h"
#include "cli/output/image_writer.h"
#include "cli/terminal/interruption.h"
#include "cli/terminal/messages.h"
#include "cli/terminal/progress.h"
#include "pipeline/pipeline.h"

namespace deepcache_gen {
namespace {

std::string file_name(const CacheSetting& setting) {
  if (setting.is_original()) return "original.png";
  return "interval" + std::to_string(setting.interval) + "-branch" + std::to_string(setting.branch) + ".png";
}

// A picture for every setting, all of one seed.
std::vector<Picture> plan_pictures(const CommandLine& line, const ModelInfo& model) {
  const std::filesystem::path folder = line.picture.output.value_or("comparison");
  const PicturePlanner planner = make_planner(line, model);
  PromptEntry entry{{}, "", line.picture, true};
  entry.picture.seed = line.picture.seed ? *line.picture.seed : random_seed();
  std::vector<Picture> pictures;
  for (const CacheSetting& setting : settings_to_compare(line.compare.intervals, line.compare.branches)) {
    entry.picture.request.interval = setting.interval;
    entry.picture.request.branch = setting.is_original() ? std::optional<int>() : setting.branch;
    entry.picture.output = (folder / file_name(setting)).string();
    pictures.push_back(planner.plan(entry).front());
  }
  return pictures;
}

ComparisonProgress shown_on(Progress& progress, const Messages& messages) {
  return {
      .begin =
          [&progress](const GenerationPlan& plan, int number, int count) {
            progress.begin_batch({&plan, number, 1, count});
          },
      .step = [&progress](const StepReport& step) { progress.on_step(step); },
      .warn =
          [&](const std::string& message) {
            progress.clear();
            messages.warning(message);
          },
      .stop_requested = interrupted,
  };
}

}  // namespace

void compare(const CommandLine& line, const Results& results) {
  const Messages messages(std::cerr, line.messages);
  const ModelInfo model = chosen_model(line);
  Pipeline::check(model, line.execution);
  const std::vector<Picture> pictures = plan_pictures(line, model);
  const PictureFiles files(line.output, identity_of(model));
  std::vector<std::shared_ptr<const GenerationPlan>> plans;
  for (const Picture& picture : pictures) {
    files.is_made(picture);
    plans.push_back(picture.job.plan);
  }
  const Pipeline engine(model, line.execution);
  const std::unique_ptr<Progress> progress = make_progress(line.messages.verbosity);
  defer_interruption();
  const std::vector<ComparedSetting> settings = compare_settings(engine, model, plans, shown_on(*progress, messages));
  progress->clear();

  const RunFacts run{identity_of(model), engine.facts()};
  std::vector<std::filesystem::path> paths;
  for (std::size_t i = 0; i < settings.size(); ++i) {
    write_picture(run, pictures[i], settings[i].image);
    paths.push_back(pictures[i].file);
  }
  messages.note("seed " + std::to_string(plans.front()->settings.seed) + "; pictures in " +
                paths.front().parent_path().string());
  results.print(line.output.json ? comparison_json(settings, run, paths) : comparison_table(settings));
}

}  // namespace deepcache_gen
