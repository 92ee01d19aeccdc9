#include "cli/commands/print_plans.h"

#include <iostream>

#include "cli/commands/chosen_model.h"
#include "cli/commands/list_plan.h"
#include "cli/commands/make_planner.h"
#include "cli/output/plan_table.h"
#include "model/model_identity.h"
#include "pipeline/pipeline.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

void print_pictures(const std::vector<Picture>& pictures, const CommandLine& line, const ModelInfo& model,
                    const Results& results) {
  for (const Picture& picture : pictures) {
    if (picture.job.index > 0) continue;
    const GenerationPlan& plan = *picture.job.plan;
    results.print(line.output.json ? plan_json(plan, model.name, line.execution.batch_size)
                                   : plan_table(plan, model.name));
  }
}

void plan_and_print(const CommandLine& line, const Results& results, const Messages& messages) {
  const ModelInfo model = chosen_model(line);
  Pipeline::check(model, line.execution);
  const PicturePlanner planner = make_planner(line, model);
  if (!line.prompts.file) return print_pictures(planner.plan({{}, "", line.picture, true}), line, model, results);
  const ImageWriter writer(line.output, results);
  const ListPlan plan = plan_list(read_prompt_list(*line.prompts.file, line.picture), line.prompts, planner,
                                  PictureFiles(line.output, identity_of(model)));
  report_problems(plan.problems, line.prompts, writer, messages);
  print_pictures(plan.to_make, line, model, results);
}

}  // namespace

void print_plans(const CommandLine& line, const Results& results) {
  if (line.prompts.file == "-") throw UsageError("--prompts '-': --plan needs a file; stdin is read while it is made");
  const Messages messages(std::cerr, line.messages);
  log_how_it_ends(messages, line.picture.configured, [&] { plan_and_print(line, results, messages); });
}

}  // namespace deepcache_gen
