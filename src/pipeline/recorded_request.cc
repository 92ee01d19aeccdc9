#include "pipeline/recorded_request.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string_view>

#include "pipeline/picture_settings.h"
#include "pipeline/upscalers.h"
#include "schedulers/sampler_rows.h"
#include "support/error.h"
#include "support/json_parsing.h"
#include "support/json_text.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

std::string long_name(const PictureSetting& row) {
  for (const std::string& name : split(row.names, ',')) {
    if (name.starts_with("--")) return name;
  }
  return "";
}

bool is_switch(const PictureSetting& row) { return row.placeholder.empty(); }

OptionValue recorded_value(const PictureSetting& row, const std::string& key, const Json& value) {
  const std::optional<OptionValue> several = row.repeatable ? several_texts(long_name(row), value) : std::nullopt;
  if (several) return *several;
  if (const std::optional<std::string> text = flag_text(value)) return {long_name(row), *text};
  throw Error("says '" + key + "' is " + shortened(json_text(value)) + ", which is no value of a setting");
}

std::optional<std::string> name_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? std::optional(found->get<std::string>()) : std::nullopt;
}

void append(std::vector<std::string>& names, const std::vector<std::string>& further) {
  names.insert(names.end(), further.begin(), further.end());
}

// Before there were other policies the options said all, and the policy's name beside them was a word.
bool is_whole_policy(const OptionValue& value) { return value.text.find(':') != std::string::npos; }

// A schedule is recorded beside the levels themselves, and so is how many steps they are, which those on the curve
// can be chosen anew for; a cache policy beside its branch.
void leave_out_displaced(std::vector<OptionValue>& values) {
  std::vector<std::string> displaced;
  const bool has_curve = std::any_of(values.begin(), values.end(),
                                     [](const OptionValue& value) { return value.flag == "--timesteps-curve"; });
  for (const OptionValue& value : values) {
    if (value.flag == "--sigmas" || value.flag == "--timesteps") {
      append(displaced, {"--scheduler"});
      if (!has_curve) append(displaced, {"--steps"});
    }
    if (value.flag == kCachePolicyFlag) {
      append(displaced, is_whole_policy(value) ? caching_flags() : std::vector<std::string>{kCachePolicyFlag});
    }
  }
  std::erase_if(values, [&](const OptionValue& value) {
    return std::find(displaced.begin(), displaced.end(), value.flag) != displaced.end();
  });
}

// The calls that were full come after the policy that had chosen them, whatever it would choose now; one that lists
// them needs no more.
void place_calls(std::vector<OptionValue>& values, const std::string& calls) {
  for (OptionValue& value : values) {
    const bool is_chosen = is_whole_policy(value) && !value.text.starts_with("steps:");
    if (value.flag == kCachePolicyFlag && is_chosen) value.text += ",at=" + calls;
  }
}

// `0+1+3/0+4` of [[0, 1, 3], [0, 4]], and of [0, 1, 3] the one pass.
std::string recorded_calls(const Json& value) {
  const auto is_list = [](const Json& part) { return part.is_array() && !part.empty(); };
  const Json passes = value.is_array() && !value.empty() && !value.front().is_array() ? Json::array({value}) : value;
  PlacedCalls placed;
  if (!passes.is_array() || !std::all_of(passes.begin(), passes.end(), is_list)) {
    throw Error("says 'full_calls' is " + shortened(json_text(value)) + ", which are no UNet calls");
  }
  for (const Json& pass : passes) {
    std::vector<int>& calls = placed.emplace_back();
    for (const Json& call : pass) {
      constexpr std::int64_t kMostCalls = 1'000'000;
      const std::int64_t number = call.is_number_integer() ? call.get<std::int64_t>() : -1;
      if (number < 0 || number > kMostCalls) throw Error("says 'full_calls' has " + shortened(json_text(call)));
      calls.push_back(static_cast<int>(number));
    }
  }
  return placed_text(placed);
}

// The pairs of the last line: `Name: value, Name: "value, with a comma"`.
using Fields = std::map<std::string, std::string>;

constexpr std::string_view kNameCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-/ +";
constexpr std::size_t kFewestFields = 3;

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t\r") - first + 1));
}

// The end of a JSON string that `text` starts with; 0 where it has none.
std::size_t quoted_length(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      return i + 1;
    }
  }
  return 0;
}

std::string unquoted(const std::string& text) {
  try {
    const Json value = parse_json<Json>(text);
    return value.is_string() ? value.get<std::string>() : text;
  } catch (const Error&) {
    return text;
  }
}

// Takes one pair off `rest`; false where there is none.
bool take_field(std::string_view& rest, Fields& fields) {
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return false;
  const std::string name = trimmed(rest.substr(0, colon));
  if (name.empty() || name.find_first_not_of(kNameCharacters) != std::string::npos) return false;
  rest.remove_prefix(colon + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::size_t quoted_end = rest.starts_with('"') ? quoted_length(rest) : 0;
  const std::size_t end = quoted_end > 0 ? quoted_end : std::min(rest.find(','), rest.size());
  const std::string value = trimmed(rest.substr(0, end));
  fields[name] = quoted_end > 0 ? unquoted(value) : value;
  rest.remove_prefix(std::min(rest.find(',', end), rest.size()));
  if (!rest.empty()) rest.remove_prefix(1);
  return true;
}

Fields read_fields(std::string_view line) {
  Fields fields;
  while (take_field(line, fields)) {
  }
  return fields;
}

struct Infotext {
  std::string prompt;
  std::optional<std::string> negative_prompt;
  Fields fields;
};

// What begins the version of this program, which reads prompts as they stand unless it says so.
constexpr std::string_view kOurs = "deepcache-gen ";

constexpr std::string_view kNegative = "Negative prompt:";

void append_line(std::string& text, const std::string& line, bool is_first) {
  if (!is_first) text += '\n';
  text += line;
}

Infotext take_apart(const std::string& text) {
  std::vector<std::string> lines = split(trimmed(text), '\n');
  Infotext infotext{"", {}, read_fields(lines.back())};
  if (infotext.fields.size() < kFewestFields || !infotext.fields.contains("Steps")) {
    throw Error("holds a text that is no settings of a picture");
  }
  lines.pop_back();
  bool is_first = true;
  for (const std::string& line : lines) {
    if (!infotext.negative_prompt && line.starts_with(kNegative)) {
      infotext.negative_prompt = trimmed(std::string_view(line).substr(kNegative.size()));
    } else {
      append_line(infotext.negative_prompt ? *infotext.negative_prompt : infotext.prompt, line,
                  !infotext.negative_prompt && is_first);
    }
    is_first = false;
  }
  return infotext;
}

std::optional<std::string> take(Fields& fields, const std::string& name) {
  const auto found = fields.find(name);
  if (found == fields.end()) return {};
  std::string value = std::move(found->second);
  fields.erase(found);
  return value;
}

// 512x768
void read_size(Fields& fields, RecordedRequest& request) {
  const std::optional<std::string> size = take(fields, "Size");
  if (!size) return;
  const std::vector<std::string> sides = split(*size, 'x');
  if (sides.size() != 2) throw Error("says 'Size' is " + quoted(*size) + "; expected WIDTHxHEIGHT");
  request.values.push_back({"--width", sides[0]});
  request.values.push_back({"--height", sides[1]});
}

// Older versions have one name for both, as `DPM++ 2M Karras`.
void read_sampler(Fields& fields, RecordedRequest& request) {
  const std::optional<std::string> text = take(fields, "Sampler");
  if (!text) return;
  std::string name = sampler_meant_by(*text);
  if (const std::optional<SamplerAndSchedule> both = sampler_and_schedule_meant_by(*text)) {
    name = both->sampler;
    fields.emplace("Schedule type", both->schedule);
  }
  request.values.push_back({"--sampling-method", name});
}

void read_schedule(Fields& fields, RecordedRequest& request) {
  const auto found = fields.find("Schedule type");
  if (found == fields.end() || !find_schedule(schedule_meant_by(found->second))) return;  // `Automatic`
  request.values.push_back({"--scheduler", schedule_meant_by(found->second)});
  fields.erase(found);
}

void read_upscaler(Fields& fields, RecordedRequest& request) {
  const auto found = fields.find("Hires upscaler");
  if (found == fields.end()) return;
  for (const Upscaler& upscaler : upscalers()) {
    if (upscaler.infotext != found->second) continue;
    request.values.push_back({"--hires-upscaler", std::string(upscaler.name)});
    fields.erase(found);
    return;
  }
}

// Their name is the same for both passes that repaint a picture.
void read_strength(Fields& fields, RecordedRequest& request) {
  const bool is_hires = fields.contains("Hires upscale");
  if (const std::optional<std::string> strength = take(fields, "Denoising strength"))
    request.values.push_back({is_hires ? "--hires-strength" : "--strength", *strength});
}

void read_switch_or_value(const PictureSetting& row, const std::string& text, RecordedRequest& request) {
  request.values.push_back({long_name(row), is_switch(row) ? "" : text});
}

}  // namespace

std::optional<std::string> flag_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number() || value.is_boolean()) return value.dump();
  const auto is_number = [](const Json& part) { return part.is_number(); };
  if (!value.is_array() || value.empty() || !std::all_of(value.begin(), value.end(), is_number)) return {};
  std::string text;
  for (const Json& number : value) text.append(text.empty() ? "" : ",").append(number.dump());
  return text;
}

std::optional<OptionValue> several_texts(const std::string& flag, const Json& value) {
  const auto is_text = [](const Json& part) { return part.is_string(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text)) return {};
  OptionValue texts{flag, value.empty() ? "" : value.front().get<std::string>()};
  for (std::size_t i = 1; i < value.size(); ++i) texts.further.push_back(value[i].get<std::string>());
  return texts;
}

RecordedRequest read_settings_record(const std::string& json) {
  const Json object = parse_json<Json>(json);
  if (!object.is_object()) throw Error("says its settings in JSON that is no object");
  RecordedRequest request{{}, name_at(object, "model"), name_at(object, "vae"), name_at(object, "refiner"), {}};
  for (const PictureSetting& row : picture_settings()) {
    const auto found = object.find(row.key);
    if (!row.read || row.key.empty() || found == object.end() || found->is_null()) continue;
    request.values.push_back(recorded_value(row, row.key, *found));
  }
  // What is not said is as it was before there was another style, whatever the model's is.
  if (!object.contains("prompt_style")) request.values.push_back({"--prompt-style", "plain"});
  const auto calls = object.find(kFullCallsKey);
  if (calls != object.end()) place_calls(request.values, recorded_calls(*calls));
  leave_out_displaced(request.values);
  return request;
}

RecordedRequest read_infotext(const std::string& text) {
  auto [prompt, negative_prompt, fields] = take_apart(text);
  RecordedRequest request{{{"--prompt", prompt}}, take(fields, "Model"), {}, {}, {}};
  if (negative_prompt) request.values.push_back({"--negative-prompt", *negative_prompt});
  read_size(fields, request);
  read_sampler(fields, request);
  read_schedule(fields, request);
  read_upscaler(fields, request);
  read_strength(fields, request);
  const bool says_style = fields.contains("Prompt style");
  const std::optional<std::string> calls = take(fields, kFullCallsInfotext);
  for (const PictureSetting& row : picture_settings()) {
    const bool is_read_above = row.key == "scheduler" || row.key == "hires_upscaler" || row.key == "refiner_start";
    if (!row.read || row.infotext.empty() || is_read_above) continue;
    if (const std::optional<std::string> value = take(fields, row.infotext)) read_switch_or_value(row, *value, request);
  }
  const std::optional<std::string> version = take(fields, "Version");
  const bool is_ours = version && version->starts_with(kOurs);
  if (!says_style) request.values.push_back({"--prompt-style", is_ours ? "plain" : "a1111"});
  if (is_ours) {
    for (const char* fact : {kModelHash, kDtype}) fields.erase(fact);  // no settings: nothing is left out
  }
  fields.erase("Lora hashes");  // of those that the prompt names
  for (const auto& [name, value] : fields) request.not_understood.push_back(name);
  if (calls) place_calls(request.values, *calls);
  leave_out_displaced(request.values);
  return request;
}

std::vector<std::string> displaced_by(const std::string& flag) {
  if (flag == "--sampling-method") return {"--eta", kCachePolicyFlag};
  if (flag == "--sigmas") return {"--timesteps", "--scheduler", "--steps", kCachePolicyFlag};
  if (flag == "--timesteps") return {"--sigmas", "--scheduler", "--steps", kCachePolicyFlag};
  if (flag == "--steps" || flag == "--scheduler") return {"--sigmas", "--timesteps", kCachePolicyFlag};
  return {};
}

}  // namespace deepcache_gen
