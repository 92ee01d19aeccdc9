#include <exception>
#include <iostream>
#include <memory>
#include <new>
#include <string>

#include "cli/commands/run_observer.h"
#include "cli/options/command_line.h"
#include "cli/options/help_page.h"
#include "cli/output/image_writer.h"
#include "cli/output/inspect.h"
#include "cli/output/plan_table.h"
#include "cli/output/results.h"
#include "cli/terminal/exit_code.h"
#include "cli/terminal/interruption.h"
#include "cli/terminal/messages.h"
#include "cli/terminal/progress.h"
#include "cli/terminal/progress_text.h"
#include "cli/commands/random_seed.h"
#include "cli/terminal/standard_streams.h"
#include "model/model_folders.h"
#include "pipeline/pipeline.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

ModelInfo chosen_model(const CommandLine& line) {
  return read_model_info(line.model ? *line.model : embedded_model_folder());
}

GenerationPlan planned(const CommandLine& line, const ModelInfo& model) {
  GenerationRequest request = line.request;
  request.seed = line.seed ? *line.seed : random_seed();
  Pipeline::check(model, line.execution);
  return plan_generation(resolve(request, model));
}

void generate(const CommandLine& line, const Results& results) {
  const Messages messages(std::cerr, line.output.verbosity);
  const ModelInfo model = chosen_model(line);
  RunFacts run{planned(line, model), model.name, "", "", 0};
  ImageWriter writer(line.output, run.plan.settings, results);
  messages.note(settings_line(run.plan, model.name));

  const Pipeline pipeline(model, line.execution);
  run.device = pipeline.device();
  run.dtype = pipeline.dtype();
  run.load_seconds = pipeline.load_seconds();
  messages.detail("loaded " + model.folder.string() + " in " + seconds_text(run.load_seconds) + ", runs on " +
                  run.device + " in " + run.dtype);

  const std::unique_ptr<Progress> progress = make_progress(run.plan, line.output.verbosity);
  RunObserver observer(run, *progress, writer, messages, interrupted);
  defer_interruption();
  pipeline.generate(run.plan, observer);
}

void print_plan(const CommandLine& line, const Results& results) {
  const ModelInfo model = chosen_model(line);
  const GenerationPlan plan = planned(line, model);
  results.print(line.output.json ? plan_json(plan, model.name) : plan_table(plan, model.name));
}

void inspect(const CommandLine& line, const Results& results) {
  const ModelInfo model = read_model_info(line.inspected);
  const ChecksumResults checksums = compare_checksums(model);
  results.print(line.output.json ? inspection_json(model, checksums) : inspection_text(model, checksums));
  for (const auto& [name, matches] : checksums) {
    if (!matches) throw Error((model.folder / name).string() + ": wrong checksum; copy or export the model again");
  }
}

void run(const CommandLine& line) {
  const Results results(std::cout);
  switch (line.action) {
    case Action::generate:
      return generate(line, results);
    case Action::plan:
      return print_plan(line, results);
    case Action::inspect:
      return inspect(line, results);
    case Action::help:
      return results.print(help_page());
    case Action::version:
      return results.print(std::string("deepcache-gen ") + kVersion);
  }
}

int failed(int exit_code, const std::string& message) {
  // A foreign message may go on for many lines (LibTorch adds a stack trace).
  std::cerr << "deepcache-gen: error: " << message.substr(0, message.find('\n')) << std::endl;
  return exit_code;
}

int run_and_report(int argc, const char* const* argv) {
  try {
    run(parse_command_line(argc, argv));
    return kExitDone;
  } catch (const Interrupted&) {
    std::cerr << "deepcache-gen: interrupted" << std::endl;
    return kExitInterrupted;
  } catch (const UsageError& error) {
    return failed(kExitUsage, error.what());
  } catch (const std::bad_alloc&) {
    return failed(kExitFailed, "out of memory; choose a smaller size or --batch-size");
  } catch (const std::exception& error) {
    return failed(kExitFailed, error.what());
  }
}

}  // namespace
}  // namespace deepcache_gen

int main(int argc, char** argv) {
  deepcache_gen::exit_when_interrupted();
  deepcache_gen::prepare_standard_streams();
  return deepcache_gen::run_and_report(argc, argv);
}
