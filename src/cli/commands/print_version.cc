#include "cli/commands/print_version.h"

#include <nlohmann/json.hpp>

#include "backend/build_facts.h"
#include "support/json_text.h"
#include "support/version.h"

namespace deepcache_gen {

void print_version(const CommandLine& line, const Results& results) {
  if (!line.output.json) return results.print(std::string("deepcache-gen ") + kVersion);
  nlohmann::ordered_json object{{"version", kVersion}};
  for (const auto& [name, text] : build_facts()) object[name] = text;
  results.print(json_text(object));
}

}  // namespace deepcache_gen
