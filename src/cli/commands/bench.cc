#include <algorithm>
#include <iostream>

#include "cli/commands/commands.h"
#include "cli/commands/profiled_work.h"
#include "cli/output/bench_table.h"
#include "cli/terminal/interruption.h"
#include "cli/terminal/messages.h"
#include "cli/terminal/progress_text.h"
#include "evaluation/bench_summary.h"
#include "evaluation/ideal_speed_up.h"
#include "pipeline/picture_settings.h"
#include "pipeline/pipeline.h"
#include "pipeline/tasks/task_table.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/printable.h"
#include "support/proc_files.h"
#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

// What is drawn does not change how long it takes.
constexpr const char* kPrompt = "a lighthouse by the sea at dusk";

// What the cells of one column have in common.
struct Column {
  std::string name, flag;  // the flag that asked for it
  CacheRequest cache;
};

std::vector<Column> columns_of(const BenchOptions& options) {
  const std::vector<CacheSpec> usual{no_caching(), uniform_caching(3, 0), uniform_caching(5, 0), uniform_caching(5, 1)};
  std::vector<Column> columns;
  for (const CacheSpec& spec : options.settings.value_or(options.policies.empty() ? usual : std::vector<CacheSpec>())) {
    Column& column = columns.emplace_back(Column{short_cache_text(spec), "--settings", {spec.options}});
    if (!caches(spec)) column.cache.options.erase("branch");
  }
  for (const AskedPolicy& policy : options.policies) columns.push_back({policy.text, "--setting", policy.request});
  return columns;
}

// What is wrong is said in the flags of one picture, where these are others.
GenerationSettings resolve_cell(const GenerationRequest& request, const ModelInfo& model, int size,
                                const Column& column) {
  try {
    return resolve(request, model);
  } catch (const UsageError& error) {
    std::string problem = error.what();
    const std::string of_policy = std::string(kCachePolicyFlag) + ", ";  // which was asked for by another name
    if (problem.starts_with(of_policy)) problem.erase(0, of_policy.size());
    const std::string asked = "--size " + std::to_string(size) + ", " + column.flag + " " + shortened(column.name);
    UsageError whole(asked + ": " + problem);
    for (const std::string& flag : error.flags()) whole.add_flag(flag);
    for (const std::string& flag : {std::string("--size"), column.flag}) whole.add_flag(flag);
    throw whole;
  }
}

BenchCell planned_cell(const CommandLine& line, const ModelInfo& model, int size, int batch, const Column& column) {
  GenerationRequest request = line.picture.request;
  request.prompt = kPrompt;
  request.width = request.height = size;
  request.image_count = batch;
  request.cache = column.cache;
  BenchCell cell{size, batch};
  cell.plan = std::make_shared<const GenerationPlan>(plan_generation(resolve_cell(request, model, size, column)));
  const CacheSpec& resolved = cell.plan->settings.cache;
  cell.setting = caches(resolved) ? resolved : no_caching();
  cell.name = column.name;
  cell.ideal_ratio = ideal_speed_up(model, *cell.plan);
  return cell;
}

void require_accepted(const BenchOptions& options) {
  if (options.rounds < 1)
    throw UsageError("--rounds", "--rounds " + std::to_string(options.rounds) + ": expected 1 or more");
  for (const int batch : options.batches) {
    if (batch < 1) throw UsageError("--batch", "--batch '" + std::to_string(batch) + "': expected 1 or more images");
  }
  const std::vector<std::string> formats{"markdown", "json", "csv"};
  if (std::find(formats.begin(), formats.end(), options.format) != formats.end()) return;
  throw UsageError("--format", "--format '" + options.format + "': expected markdown, json or csv");
}

std::vector<BenchCell> planned_cells(const CommandLine& line, const ModelInfo& model) {
  const std::vector<int> sizes = line.bench.sizes.empty() ? std::vector<int>{model.default_width} : line.bench.sizes;
  std::vector<BenchCell> cells;
  for (const int size : sizes) {
    for (const int batch : line.bench.batches) {
      for (const Column& column : columns_of(line.bench)) {
        cells.push_back(planned_cell(line, model, size, batch, column));
      }
    }
  }
  return cells;
}

// "512 px, batch 1, interval 3, branch 0: round 2/3, 0:41 left"
void say_next(const BenchCell& cell, int round, int rounds, double done, double elapsed, const Messages& messages) {
  std::string text =
      std::to_string(cell.size) + " px, batch " + std::to_string(cell.batch) + ", " + cache_text(cell.setting) + ": ";
  text += round == 0 ? "warm-up" : "round " + std::to_string(round) + "/" + std::to_string(rounds);
  if (done > 0) text += ", " + duration_text(elapsed / done - elapsed) + " left";
  messages.note(text);
}

void measure(const CommandLine& line, const ModelInfo& model, std::vector<BenchCell> cells, const Results& results,
             const Messages& messages) {
  const Pipeline engine(VerifiedModel(model), line.execution);
  engine.check(cells.front().plan->settings);
  defer_interruption();
  const Stopwatch stopwatch;
  const auto begin = [&](const BenchCell& cell, int round, int rounds, double done) {
    say_next(cell, round, rounds, done, stopwatch.seconds(), messages);
  };
  const bool finished = measure_cells(engine, cells, line.bench.rounds, {begin, interrupted});
  const auto identity = ModelIdentities(model).of(cells.front().plan->settings);
  results.print(bench_table(line.bench.format, cells, {*identity, engine.facts()}));
  if (!finished) throw Interrupted();
  const auto failed = [](const BenchCell& cell) { return !cell.problem.empty(); };
  if (const auto count = std::count_if(cells.begin(), cells.end(), failed); count > 0) {
    throw Error(std::to_string(count) + " of " + std::to_string(cells.size()) + " settings could not be measured");
  }
}

void measure_all(const CommandLine& line, const Results& results, const Messages& messages) {
  require_proc();
  const ModelInfo model = chosen_model(line);
  Pipeline::check(model, line.execution);
  require_accepted(line.bench);
  std::vector<BenchCell> cells = planned_cells(line, model);
  do_profiled(line, [&] { measure(line, model, std::move(cells), results, messages); });
}

}  // namespace

void bench(const CommandLine& line, const Results& results) {
  const Messages messages(std::cerr, line.messages);
  log_how_it_ends(messages, line.picture.configured, [&] { measure_all(line, results, messages); });
}

}  // namespace deepcache_gen
