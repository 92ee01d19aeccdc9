#include "cli/commands/generate.h"

#include <unistd.h>

#include <iostream>
#include <memory>

#include "cli/commands/chosen_model.h"
#include "cli/commands/list_plan.h"
#include "cli/commands/make_planner.h"
#include "cli/commands/picture_run.h"
#include "cli/commands/stream_run.h"
#include "cli/commands/words_note.h"
#include "cli/output/plan_table.h"
#include "cli/prompts/prompt_list.h"
#include "cli/terminal/interruption.h"
#include "cli/terminal/progress_text.h"
#include "pipeline/pipeline.h"
#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

std::unique_ptr<Pipeline> load(const ModelInfo& model, const CommandLine& line, const Messages& messages) {
  auto pipeline = std::make_unique<Pipeline>(model, line.execution);
  const EngineFacts facts = pipeline->facts();
  messages.detail("loaded " + model.folder.string() + " in " + seconds_text(facts.load_seconds) + ", runs on " +
                  facts.device + " in " + facts.dtype);
  return pipeline;
}

void say_plan(const std::vector<Picture>& pictures, const CommandLine& line, const ModelInfo& model,
              WordsNote& words_note, const Messages& messages) {
  messages.note(line.prompts.file ? model.name + ": " + count_text(static_cast<int>(pictures.size()), "image") +
                                        " of " + *line.prompts.file
                                  : settings_line(*pictures.front().job.plan, model.name));
  for (const Picture& picture : pictures) words_note.add(picture);
  words_note.say(messages);
}

void say_batch_size(const Engine& engine, const PictureQueue& queue, const Messages& messages) {
  const int most = engine.batch_size(queue.front().settings());
  if (queue.size() > 1) messages.note("batches of up to " + std::to_string(most) + " images (--batch-size)");
}

// Where Ctrl-C stops the run, what was made is said.
void run_to_the_end(PictureRun& run, const std::function<void()>& work, const std::function<void()>& say_totals,
                    const Messages& messages) {
  try {
    work();
  } catch (const Interrupted&) {
    say_totals();
    messages.note(count_text(run.made(), "image") + " made; the same command with --resume makes the rest");
    throw;
  }
  say_totals();
  run.require_no_failures();
}

void generate_known(const CommandLine& line, const ModelInfo& model, const PicturePlanner& planner,
                    const PictureFiles& files, ImageWriter& writer, const Messages& messages) {
  WordsNote words_note(model);
  const std::vector<PromptEntry> alone{{{}, "", line.picture, true}};
  const PromptList list =
      line.prompts.file ? read_prompt_list(*line.prompts.file, line.picture) : PromptList{alone, {}};
  ListPlan plan = plan_list(list, line.prompts, planner, files);
  for (const Picture& picture : plan.done) writer.report_skipped(picture, model.name);
  report_problems(plan.problems, line.prompts, writer, messages);
  if (!plan.done.empty()) messages.note(count_text(static_cast<int>(plan.done.size()), "image") + " there already");
  if (plan.to_make.empty()) return;

  StepFiles step_files(line.output, model);
  say_plan(plan.to_make, line, model, words_note, messages);
  const std::unique_ptr<Pipeline> engine = load(model, line, messages);
  const std::unique_ptr<Progress> progress = make_progress(line.messages.verbosity);
  PictureRun run(*engine, identity_of(model), {writer, step_files, *progress, messages, interrupted},
                 static_cast<int>(plan.to_make.size()));
  PictureQueue queue;
  for (Picture& picture : plan.to_make) queue.add(std::move(picture));
  say_batch_size(*engine, queue, messages);
  defer_interruption();
  run_to_the_end(
      run,
      [&] {
        while (!queue.empty()) run.make_batch(queue);
      },
      [&] { run.say_totals(); }, messages);
}

void generate_from_stdin(const CommandLine& line, const ModelInfo& model, const PicturePlanner& planner,
                         const PictureFiles& files, ImageWriter& writer, const Messages& messages) {
  WordsNote words_note(model);
  StepFiles step_files(line.output, model);
  const std::unique_ptr<Pipeline> engine = load(model, line, messages);
  const std::unique_ptr<Progress> progress = make_progress(line.messages.verbosity);
  messages.note(model.name + ": images of the prompts on stdin");
  defer_interruption();
  PictureRun run(*engine, identity_of(model), {writer, step_files, *progress, messages, interrupted}, {});
  PromptStream stream(STDIN_FILENO, "stdin", line.picture, interrupted);
  StreamRun stream_run(stream, line.prompts.shard, planner, files, writer, words_note, model.name);
  // What the prompts are is known at the end only.
  const auto say_totals = [&] {
    run.say_totals();
    words_note.say(messages);
  };
  run_to_the_end(
      run, [&] { stream_run.make_all(run, *engine); }, say_totals, messages);
}

void generate_all(const CommandLine& line, const Results& results, const Messages& messages) {
  const ModelInfo model = chosen_model(line);
  Pipeline::check(model, line.execution);
  ImageWriter writer(line.output, results);
  const PicturePlanner planner = make_planner(line, model);
  const PictureFiles files(line.output, identity_of(model));
  const auto work = line.prompts.file == "-" ? generate_from_stdin : generate_known;
  work(line, model, planner, files, writer, messages);
}

}  // namespace

void generate(const CommandLine& line, const Results& results) {
  const Messages messages(std::cerr, line.messages);
  log_how_it_ends(messages, line.picture.configured, [&] { generate_all(line, results, messages); });
}

}  // namespace deepcache_gen
