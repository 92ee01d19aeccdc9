#include "cli/commands/commands.h"

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "adapters/file_description.h"
#include "backend/barrier_waiting.h"
#include "backend/build_facts.h"
#include "backend/heap.h"
#include "backend/library_warnings.h"
#include "backend/memory_nodes.h"
#include "cli/options/completion.h"
#include "cli/options/config_file.h"
#include "cli/options/help_page.h"
#include "cli/options/sampler_list.h"
#include "cli/output/inspection.h"
#include "cli/terminal/standard_streams.h"
#include "support/error.h"
#include "support/json_text.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

// A help page is of use without a model, too.
DefaultSources sources_of(const CommandLine& line) {
  try {
    return {chosen_model(line), line.picture.configured};
  } catch (const Error&) {
    return {{}, line.picture.configured};
  }
}

bool makes_pictures(Action action) {
  return action == Action::generate || action == Action::compare || action == Action::bench || action == Action::tune;
}

// Else it is a model's folder or name.
bool names_a_file(const std::filesystem::path& argument) {
  std::error_code none;
  return std::filesystem::exists(argument, none) && !std::filesystem::is_directory(argument, none);
}

void run_action(const CommandLine& line, const Results& results) {
  switch (line.action) {
    case Action::generate:
      return generate(line, results);
    case Action::plan:
      return print_plans(line, results);
    case Action::compare:
      return compare(line, results);
    case Action::bench:
      return bench(line, results);
    case Action::tune:
      return tune(line, results);
    case Action::export_model:
      return export_model(line);
    case Action::models:
      return list_models(line, results);
    case Action::inspect:
      return names_a_file(line.argument) ? inspect_file(line, results) : inspect(line, results);
    case Action::samplers:
      return list_samplers(line, results);
    case Action::completion:
      return results.print(completion_script(line.argument));
    case Action::man:
      return results.print(line.output.markdown ? options_markdown() : manual_page());
    case Action::help:
      return results.print(help_page(HelpPage::common, line.help_for, sources_of(line)));
    case Action::help_all:
      return results.print(help_page(HelpPage::all, line.help_for, sources_of(line)));
    case Action::version:
      return print_version(line, results);
  }
}

}  // namespace

void inspect_file(const CommandLine& line, const Results& results) {
  const nlohmann::ordered_json facts = describe_file(line.argument);
  results.print(line.output.json ? json_text(facts) : file_inspection_text(facts));
}

void list_samplers(const CommandLine& line, const Results& results) {
  if (line.output.json) return results.print(json_text(sampler_list_json()));
  results.print(line.output.markdown ? sampler_list_markdown() : sampler_list_text());
}

void print_version(const CommandLine& line, const Results& results) {
  if (!line.output.json) return results.print(std::string("deepcache-gen ") + kVersion);
  nlohmann::ordered_json object{{"version", kVersion}};
  for (const auto& [name, text] : build_facts()) object[name] = text;
  object.update(sampler_list_json());
  results.print(json_text(object));
}

void run_command(CommandLine line, const Results& results) {
  std::optional<BarrierWaiting> waiting;
  if (makes_pictures(line.action)) {
    tell_origins(line.picture.configured, [&] { export_named_models(line); });
    // Before any other thread: threads inherit these from the one that begins them.
    keep_freed_memory();
    silence_library_warnings();
    interleave_memory(memory_nodes_in_use());
    waiting.emplace();
  } else {
    end_with_the_reader();
  }
  tell_origins(line.picture.configured, [&] { run_action(line, results); });
}

}  // namespace deepcache_gen
