#include <nlohmann/json.hpp>

#include "backend/build_facts.h"
#include "cli/commands/commands.h"
#include "cli/options/sampler_list.h"
#include "support/json_text.h"
#include "support/version.h"

namespace deepcache_gen {
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

}  // namespace deepcache_gen
