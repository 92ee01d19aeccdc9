#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "pipeline/lora_names.h"
#include "pipeline/settings/setting_rows.h"
#include "support/error.h"
#include "text/prompt_tags.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr const char* kLoraTopic = "LoRA";
constexpr double kLargestWeight = 100;

// So that it is read as the same number.
std::string weight_text(double weight) {
  char text[32];
  return {text, std::to_chars(text, text + sizeof text, weight).ptr};
}

double checked_weight(const std::string& flag, const std::string& what, double weight) {
  if (std::abs(weight) <= kLargestWeight) return weight;
  throw UsageError(flag, what + ": expected a weight of " + weight_text(-kLargestWeight) + " to " +
                             weight_text(kLargestWeight) + ", as in winter.safetensors:0.8");
}

// A path; or a plain name, of a file here or else in the folder.
std::filesystem::path file_named(const std::string& what, const std::string& name, Settings& settings,
                                 const std::optional<std::filesystem::path>& folder) {
  std::error_code error;
  const bool is_path = name.find('/') != std::string::npos;
  if (folder && !is_path && !std::filesystem::is_regular_file(name, error)) {
    settings.lora_folder = folder;
    return find_lora("--lora", what, name, *folder);
  }
  if (std::filesystem::exists(name, error)) return name;
  throw UsageError("--lora", what + ": there is no file " + quoted(name) +
                                 "; give FILE, or FILE:WEIGHT where WEIGHT is a number" +
                                 (is_path ? "" : ", or name the folder in which it lies with --lora-dir"));
}

// What is asked for twice is added once, with both weights.
void add_lora(LoraSettings lora, std::vector<LoraSettings>& loras) {
  const auto same =
      std::find_if(loras.begin(), loras.end(), [&](const LoraSettings& other) { return other.sha256 == lora.sha256; });
  if (same == loras.end()) {
    loras.push_back(std::move(lora));
  } else {
    same->weight += lora.weight;
  }
}

LoraSettings lora_of(const std::string& flag, const std::string& what, const std::filesystem::path& file, double weight,
                     FileChecksums& checksums) {
  try {
    const FileChecksum& checksum = checksums.of(file);
    return {.file = file, .sha256 = checksum.whole, .tensors_sha256 = checksum.tensors, .weight = weight};
  } catch (const Error& error) {
    throw UsageError(flag, what + ": " + error.what());
  }
}

// Those of the prompt that says what the picture shows, as AUTOMATIC1111 has it.
void add_tagged_loras(const Request& request, Settings& settings) {
  for (const LoraTag& tag : take_tags(settings.prompt).loras) {
    const std::string what = "--prompt: the LoRA " + quoted(tag.name);
    const double weight = checked_weight("--prompt", what, tag.weight);
    if (!request.lora_folder)
      throw UsageError("--lora-dir", what + ": name the folder in which it lies with --lora-dir");
    settings.lora_folder = request.lora_folder;
    const std::filesystem::path file = find_lora("--prompt", what, tag.name, *request.lora_folder);
    add_lora(lora_of("--prompt", what, file, weight, *request.checksums), settings.loras);
  }
}

void resolve_loras(const Request& request, const ModelInfo&, Settings& settings) {
  for (const std::string& text : request.loras) {
    const std::string what = "--lora " + quoted(text);
    const NamedLora named = read_named_lora(text);
    const double weight = checked_weight("--lora", what, named.weight);
    const std::filesystem::path file = file_named(what, named.name, settings, request.lora_folder);
    settings.asked_loras.push_back(file.string() + ":" + weight_text(weight));
    add_lora(lora_of("--lora", what, file, weight, *request.checksums), settings.loras);
  }
  if (settings.prompt_style == PromptStyle::a1111) add_tagged_loras(request, settings);
  std::erase_if(settings.loras, [](const LoraSettings& lora) { return lora.weight == 0; });
}

std::string name_and_weight(const LoraSettings& lora) {
  return lora.file.stem().string() + " " + weight_text(lora.weight);
}

std::string names_and_weights(const Settings& settings) {
  std::string text;
  for (const LoraSettings& lora : settings.loras) text.append(text.empty() ? "" : ", ").append(name_and_weight(lora));
  return text;
}

// What makes the picture: the numbers of the files and how much of them is added, in their order.
std::optional<Json> what_is_added(const Settings& settings) {
  if (settings.loras.empty()) return {};
  Json added = Json::array();
  for (const LoraSettings& lora : settings.loras) added.push_back(lora.sha256 + ":" + weight_text(lora.weight));
  return added;
}

// As AUTOMATIC1111 names files: by the first digits of what its scripts for LoRA call the hash of the model.
std::string hashes(const Settings& settings) {
  constexpr std::size_t kDigits = 12;
  std::string text;
  for (const LoraSettings& lora : settings.loras) {
    text.append(text.empty() ? "" : ", ").append(lora.file.stem().string()).append(": ");
    text += lora.tensors_sha256.substr(0, kDigits);
  }
  return text;
}

PictureSetting lora() {
  return {.names = "--lora",
          .placeholder = "FILE:WEIGHT",
          .topic = kLoraTopic,
          .help =
              "Add a LoRA (safetensors) to the model for this picture; may be given several times. Default weight: "
              "1.",
          .takes_file = true,
          .repeatable = true,
          .in_tune = true,
          .read = [](const OptionValue& value, Request& request) { request.loras = all_texts(value); },
          .resolve = resolve_loras,
          .key = "lora",
          .value =
              [](const Settings& settings) {
                return settings.asked_loras.empty() ? std::nullopt : std::optional<Json>(settings.asked_loras);
              },
          .is_compared = false,  // what was in the files is what counts
          .label = "LoRA",
          .shown = names_and_weights,
          .phrase =
              [](const Settings& settings) {
                return settings.loras.empty() ? std::string()
                                              : std::string("LoRA ").append(names_and_weights(settings));
              }};
}

PictureSetting lora_sha256() {
  return {.key = "lora_sha256",
          .value = what_is_added,
          .infotext = "Lora hashes",
          .infotext_value = hashes,
          .batch_key = [](const Settings& settings) { return what_is_added(settings).value_or(Json()); }};
}

PictureSetting lora_dir() {
  return {.names = "--lora-dir,--lora-model-dir",
          .placeholder = "DIR",
          .topic = kLoraTopic,
          .help = "Where the LoRA lie that are named without a folder.",
          .takes_folder = true,
          .in_tune = true,
          .read = read_into(&Request::lora_folder),
          .key = "lora_dir",
          .value =
              [](const Settings& settings) {
                return settings.lora_folder ? std::optional<Json>(settings.lora_folder->string()) : std::nullopt;
              },
          .is_compared = false};
}

}  // namespace

std::vector<PictureSetting> lora_rows() { return {lora(), lora_sha256(), lora_dir()}; }

}  // namespace deepcache_gen
