#include "adapters/lora_alphas.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

#include "support/error.h"
#include "support/json_parsing.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::json;

constexpr const char* kConfig = "lora_adapter_metadata";

[[noreturn]] void refuse_config(const std::string& what) {
  throw Error(std::string("its metadata '") + kConfig + "' " + what + "; save the LoRA again");
}

Json config_json(const std::string& text) {
  Json json;
  try {
    json = parse_json<Json>(text, {.values = 100'000, .keys = 10'000});
  } catch (const Error& error) {
    refuse_config(error.what());
  }
  if (!json.is_object()) refuse_config("is no JSON object");
  return json;
}

double alpha_of(const std::string& field, const Json& value) {
  const double alpha = value.is_number() ? value.get<double>() : NAN;
  if (!std::isfinite(alpha)) refuse_config("has another than a number as '" + shortened(field) + "'");
  return alpha;
}

bool is_true(const std::string& field, const Json& value) {
  if (value.is_null()) return false;
  if (!value.is_boolean()) refuse_config("has other than true or false as '" + shortened(field) + "'");
  return value.get<bool>();
}

// PEFT takes them for regular expressions; written are names of layers.
std::map<std::string, double> patterns_of(const std::string& field, const Json& value) {
  std::map<std::string, double> patterns;
  if (value.is_null()) return patterns;
  if (!value.is_object()) refuse_config("has other than an object as '" + shortened(field) + "'");
  for (const auto& [name, alpha] : value.items()) {
    constexpr const char* kOfNames = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    if (name.find_first_not_of(kOfNames, name.starts_with('^') ? 1 : 0) != std::string::npos) {
      refuse_config("has the regular expression '" + shortened(name) + "' in '" + shortened(field) +
                    "', and only names of layers are read");
    }
    patterns.emplace(name, alpha_of(field, alpha));
  }
  return patterns;
}

// "unet.lora_alpha" is of "unet", "lora_alpha" of the only part.
std::pair<std::string, std::string> role_and_field(const std::string& name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return {"", name};
  return {name.substr(0, dot), name.substr(dot + 1)};
}

}  // namespace

LoraAlphas::LoraAlphas(const std::map<std::string, std::string>& metadata) {
  const auto text = metadata.find(kConfig);
  if (text == metadata.end()) return;
  const Json configs = config_json(text->second);
  for (const auto& [name, value] : configs.items()) {
    const auto [role, field] = role_and_field(name);
    Config& config = by_role_[role];
    if (field == "lora_alpha" && !value.is_null()) config.alpha = alpha_of(name, value);
    if (field == "alpha_pattern") config.patterns = patterns_of(name, value);
    if (field == "use_rslora") config.is_rank_stabilised = is_true(name, value);
    if (field == "use_dora" && is_true(name, value)) {
      throw Error("is a DoRA, by 'use_dora' in its metadata, which is not computed with; take a LoRA");
    }
  }
}

std::optional<double> LoraAlphas::scale(const std::string& role, const std::string& layer, std::int64_t rank) const {
  auto config = by_role_.find(role);
  if (config == by_role_.end()) config = by_role_.find("");
  if (config == by_role_.end()) return {};
  std::optional<double> alpha = config->second.alpha;
  const auto& patterns = config->second.patterns;
  // The first in the order of the file counts, which diffusers sorts; a pattern is all of a name, or its last words.
  auto first = patterns.find(std::string("^").append(layer));
  for (std::size_t begin = 0; begin != std::string::npos;) {
    const auto found = patterns.find(layer.substr(begin));
    if (found != patterns.end() && (first == patterns.end() || found->first < first->first)) first = found;
    const std::size_t dot = layer.find('.', begin);
    begin = dot == std::string::npos ? dot : dot + 1;
  }
  if (first != patterns.end()) alpha = first->second;
  if (!alpha) return {};
  return *alpha /
         (config->second.is_rank_stabilised ? std::sqrt(static_cast<double>(rank)) : static_cast<double>(rank));
}

}  // namespace deepcache_gen
