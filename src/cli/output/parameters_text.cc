#include "cli/output/parameters_text.h"

#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "schedulers/sampler_rows.h"
#include "support/json_text.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

// AUTOMATIC1111's names for what is the same there; other names are written as they are.
template <class Row>
std::string translated(const Row* row, const std::string& name) {
  return row ? std::string(row->infotext) : name;
}

std::string number_text(double number) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, number).ptr};
}

// Readers split the line at commas and colons, so a value with one of them is a JSON string.
std::string quoted_where_needed(const std::string& value) {
  if (value.find_first_of(",:\n") == std::string::npos) return value;
  return json_text(nlohmann::json(value));
}

}  // namespace

std::string parameters_text(const GenerationSettings& settings, const std::string& model, std::int64_t seed) {
  const std::vector<std::pair<std::string, std::string>> fields{
      {"Steps", std::to_string(settings.steps)},
      {"Sampler", translated(find_sampler(settings.scheduler.sampler), settings.scheduler.sampler)},
      {"Schedule type",
       translated(find_schedule(settings.scheduler.sigma_schedule), settings.scheduler.sigma_schedule)},
      {"CFG scale", number_text(settings.guidance_scale)},
      {"Seed", std::to_string(seed)},
      {"Size", std::to_string(settings.width) + "x" + std::to_string(settings.height)},
      {"Model", model},
      {"DeepCache interval", std::to_string(settings.interval)},
      {"DeepCache branch", std::to_string(settings.branch)},
      {"Version", std::string("deepcache-gen ") + kVersion},
  };
  std::string text = settings.prompt + "\n";
  if (!settings.negative_prompt.value_or("").empty()) text += "Negative prompt: " + *settings.negative_prompt + "\n";
  for (const auto& [name, value] : fields) {
    text += (&name == &fields.front().first ? "" : ", ") + name + ": " + quoted_where_needed(value);
  }
  return text;
}

}  // namespace deepcache_gen
