#include <nlohmann/json.hpp>

#include "backend/build_facts.h"
#include "cli/commands/commands.h"
#include "schedulers/sampler_rows.h"
#include "support/json_text.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

nlohmann::ordered_json known_samplers() {
  nlohmann::ordered_json samplers = nlohmann::ordered_json::array();
  for (const SamplerRow& row : sampler_rows()) {
    samplers.push_back({{"name", row.name},
                        {"infotext", row.infotext},
                        {"diffusers_class", row.diffusers_class},
                        {"diffusers_arguments", row.diffusers_arguments},
                        {"calls_per_step", row.calls_per_step},
                        {"schedules", row.schedule_names()}});
  }
  return samplers;
}

nlohmann::ordered_json known_schedules() {
  nlohmann::ordered_json schedules = nlohmann::ordered_json::array();
  for (const ScheduleRow& row : schedule_rows()) schedules.push_back({{"name", row.name}, {"infotext", row.infotext}});
  return schedules;
}

}  // namespace

void print_version(const CommandLine& line, const Results& results) {
  if (!line.output.json) return results.print(std::string("deepcache-gen ") + kVersion);
  nlohmann::ordered_json object{{"version", kVersion}};
  for (const auto& [name, text] : build_facts()) object[name] = text;
  object["samplers"] = known_samplers();
  object["schedules"] = known_schedules();
  results.print(json_text(object));
}

}  // namespace deepcache_gen
