#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <memory>
#include <set>

#include "cli/commands/commands.h"
#include "cli/commands/engines.h"
#include "cli/commands/picture_planner.h"
#include "cli/commands/planned_prompts.h"
#include "cli/commands/profiled_work.h"
#include "cli/commands/prompt_notes.h"
#include "cli/output/picture_content.h"
#include "cli/output/plan_table.h"
#include "cli/prompts/prompt_list.h"
#include "cli/run/picture_run.h"
#include "cli/terminal/interruption.h"
#include "cli/terminal/progress_text.h"
#include "pipeline/picture_settings.h"
#include "pipeline/pipeline.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/printable.h"
#include "support/proc_files.h"

namespace deepcache_gen {
namespace {

void print_pictures(const std::vector<Picture>& pictures, const CommandLine& line, const ModelInfo& model,
                    const Results& results) {
  for (const Picture& picture : pictures) {
    if (picture.index > 0) continue;
    const GenerationPlan& plan = *picture.plan;
    results.print(line.output.json ? plan_json(plan, model.name, line.execution.batch_size)
                                   : plan_table(plan, model.name));
  }
}

bool ends_with_checksum(const std::string& key) { return key.ends_with("_sha256"); }

// Whether flags have decided about a setting of the picture that is made again: by its key, or as its file's checksum;
// --model decides about all of the model.
bool is_decided(const std::string& key, const std::set<std::string>& decided) {
  if (decided.contains(key)) return true;
  if (ends_with_checksum(key) && decided.contains(key.substr(0, key.size() - 7))) return true;
  const bool is_row = std::any_of(picture_settings().begin(), picture_settings().end(),
                                  [&](const PictureSetting& row) { return row.key == key; });
  return decided.contains("model") && !is_row && (ends_with_checksum(key) || key == "model_settings");
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(shortened(name));
  return text;
}

// What of --from-image is not as its picture has it though no flag says so.
void say_source(const CommandLine& line, const Picture& picture, const Messages& messages) {
  if (!line.source) return;
  const std::string file = line.source->file.string();
  if (!line.source->not_understood.empty()) {
    messages.warning(file +
                     ": left out, since this program has no such settings: " + joined(line.source->not_understood));
  }
  if (line.source->settings.empty() || line.prompts.file) return;
  std::vector<std::string> keys = differing_settings(line.source->settings, picture, *picture.model);
  std::erase_if(keys, [&](const std::string& key) { return is_decided(key, line.source->decided_by_flags); });
  if (!keys.empty()) {
    messages.warning(file + ": was made otherwise, and another picture may come of it; what differs: " + joined(keys));
  }
}

void plan_and_print(const CommandLine& line, const Results& results, const Messages& messages) {
  const ModelInfo model = chosen_model(line);
  Pipeline::check(model, line.execution);
  const PicturePlanner planner = make_planner(line, model);
  if (!line.prompts.file) {
    const std::vector<Picture> pictures = planner.plan(line.picture);
    say_source(line, pictures.front(), messages);
    return print_pictures(pictures, line, model, results);
  }
  const PictureReport report(line.output, results);
  const ListPlan plan =
      plan_list(read_prompt_list(*line.prompts.file, line.picture), line.prompts, planner, PictureFiles(line.output));
  report_problems(plan.problems, line.prompts, report, messages);
  print_pictures(plan.to_make, line, model, results);
}

void say_plan(const std::vector<Picture>& pictures, const CommandLine& line, const ModelInfo& model,
              PromptNotes& prompt_notes, const Messages& messages) {
  messages.note(line.prompts.file ? model.name + ": " + count_text(static_cast<int>(pictures.size()), "image") +
                                        " of " + *line.prompts.file
                                  : settings_line(*pictures.front().plan, model.name));
  for (const Picture& picture : pictures) prompt_notes.add(picture);
  prompt_notes.say(messages);
}

void say_batch_size(const Engine& engine, const PictureQueue& queue, const Messages& messages) {
  const int most = engine.batch_size(queue.front().settings());
  if (queue.size() > 1) messages.note("batches of up to " + std::to_string(most) + " images (--batch-size)");
}

PictureRun begin_run(const CommandLine& line, std::vector<std::unique_ptr<Engine>> engines, PictureRun::Outlets outlets,
                     std::optional<int> total) {
  std::vector<std::unique_ptr<Progress>> progress = make_progress(line.messages.verbosity, engines.size());
  return {std::move(engines), std::move(progress), std::move(outlets), total};
}

void generate_known(const CommandLine& line, const ModelInfo& model, const PicturePlanner& planner,
                    const PictureFiles& files, PictureReport& report, const Messages& messages) {
  PromptNotes prompt_notes(model, !line.picture.request.prompt_style);
  const PromptList list =
      line.prompts.file ? read_prompt_list(*line.prompts.file, line.picture) : PromptList{{line.picture}, {}};
  ListPlan plan = plan_list(list, line.prompts, planner, files);
  for (const auto* pictures : {&plan.to_make, &plan.done}) {
    if (pictures->empty()) continue;
    say_source(line, pictures->front(), messages);
    break;
  }
  for (const Picture& picture : plan.done) report.add_skipped(picture);
  report_problems(plan.problems, line.prompts, report, messages);
  if (!plan.done.empty()) messages.note(count_text(static_cast<int>(plan.done.size()), "image") + " there already");
  if (plan.to_make.empty()) return;

  StepFiles step_files(line.output, model);
  say_plan(plan.to_make, line, model, prompt_notes, messages);
  std::vector<std::unique_ptr<Engine>> engines = load_engines(model, line, messages);
  plan.problems.clear();
  take_out_unfitting(plan, *engines.front());
  report_problems(plan.problems, line.prompts, report, messages);
  if (plan.to_make.empty()) return;
  PictureRun run = begin_run(line, std::move(engines), {report, step_files, messages, interrupted},
                             static_cast<int>(plan.to_make.size()));
  PictureQueue queue;
  for (Picture& picture : plan.to_make) queue.add(std::move(picture));
  say_batch_size(run.first_engine(), queue, messages);
  defer_interruption();
  run.make_all(std::move(queue), nullptr, [] {});
}

void generate_from_stdin(const CommandLine& line, const ModelInfo& model, const PicturePlanner& planner,
                         const PictureFiles& files, PictureReport& report, const Messages& messages) {
  PromptNotes prompt_notes(model, !line.picture.request.prompt_style);
  StepFiles step_files(line.output, model);
  PictureRun run =
      begin_run(line, load_engines(model, line, messages), {report, step_files, messages, interrupted}, {});
  messages.note(model.name + ": images of the prompts on stdin");
  defer_interruption();
  PromptStream stream(STDIN_FILENO, "stdin", line.picture, [&] { return run.stop_requested(); });
  StreamFeed feed(stream, line.prompts.shard, planner, files, prompt_notes, run);
  // What the prompts are is known at the end only.
  run.make_all({}, &feed, [&] { prompt_notes.say(messages); });
}

// One file can't show what several devices are at.
void check_devices(const CommandLine& line, const ModelInfo& model) {
  const std::vector<ExecutionOptions> devices = execution_of_each_device(line);
  for (const ExecutionOptions& device : devices) Pipeline::check(model, device);
  if (devices.size() > 1 && line.output.preview) {
    throw UsageError("--preview",
                     "--preview shows the pictures of one device; leave it out, or choose one with --device");
  }
}

void generate_all(const CommandLine& line, const Results& results, const Messages& messages) {
  require_proc();
  const ModelInfo model = chosen_model(line);
  check_devices(line, model);
  PictureReport report(line.output, results);
  const PicturePlanner planner = make_planner(line, model);
  const PictureFiles files(line.output);
  const auto work = line.prompts.file == "-" ? generate_from_stdin : generate_known;
  do_profiled(line, [&] { work(line, model, planner, files, report, messages); });
}

}  // namespace

void print_plans(const CommandLine& line, const Results& results) {
  if (line.prompts.file == "-") throw UsageError("--prompts '-': --plan needs a file; stdin is read while it is made");
  const Messages messages(std::cerr, line.messages);
  log_how_it_ends(messages, line.picture.configured, [&] { plan_and_print(line, results, messages); });
}

void generate(const CommandLine& line, const Results& results) {
  const Messages messages(std::cerr, line.messages);
  log_how_it_ends(messages, line.picture.configured, [&] { generate_all(line, results, messages); });
}

}  // namespace deepcache_gen
