#include "model/families.h"
#include "pipeline/settings/setting_rows.h"
#include "support/error.h"
#include "support/utf8.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr const char* kXlTopic = "SDXL";
constexpr int kLargestClaim = 1 << 14;

[[noreturn]] void refuse_for(const ModelInfo& model, const std::string& flag, const std::string& why) {
  throw UsageError(flag, flag + ": model " + model.name + " " + why);
}

void require_two_encoders(const std::string& flag, const ModelInfo& model) {
  if (model.text_encoders.size() > 1) return;
  refuse_for(model, flag, "has one text encoder, which reads the first prompt; leave it out, it is for SDXL");
}

// What the second encoder reads is another text only where there is one, and not the first one's.
std::optional<std::string> second_text(const std::string& flag, const std::optional<std::string>& text,
                                       const std::string& first, const ModelInfo& model) {
  if (!text) return {};
  require_utf8(*text);
  require_two_encoders(flag, model);
  return text->empty() || *text == first ? std::nullopt : text;
}

PictureSetting second_prompt(PictureSetting row, std::optional<std::string> Settings::*field) {
  row.placeholder = "TEXT";
  row.topic = kXlTopic;
  row.value = [field](const Settings& settings) {
    return settings.*field ? std::optional<Json>(*(settings.*field)) : std::nullopt;
  };
  return row;
}

PictureSetting prompt_2() {
  return second_prompt({.names = "--prompt-2",
                        .help = "What the second text encoder reads instead of the prompt.",
                        .read = read_into(&Request::prompt_2),
                        .resolve =
                            [](const Request& request, const ModelInfo& model, Settings& settings) {
                              settings.prompt_2 = second_text("--prompt-2", request.prompt_2, settings.prompt, model);
                            },
                        .key = "prompt_2",
                        .infotext = "Second prompt",
                        .label = "second prompt"},
                       &Settings::prompt_2);
}

PictureSetting negative_prompt_2() {
  return second_prompt({.names = "--negative-prompt-2",
                        .help = "What the second text encoder reads instead of the negative prompt.",
                        .read = read_into(&Request::negative_prompt_2),
                        .resolve =
                            [](const Request& request, const ModelInfo& model, Settings& settings) {
                              settings.negative_prompt_2 = second_text("--negative-prompt-2", request.negative_prompt_2,
                                                                       settings.negative_prompt.value_or(""), model);
                            },
                        .key = "negative_prompt_2",
                        .infotext = "Second negative prompt",
                        .label = "second negative prompt"},
                       &Settings::negative_prompt_2);
}

void require_sizes_read(const std::string& flag, bool is_target, const ModelInfo& model) {
  if (!reads_sizes(model.family)) refuse_for(model, flag, "is told of no sizes; leave it out, it is for SDXL");
  if (is_target && !reads_target_size(model.family)) {
    refuse_for(model, flag, "only refines, and is told of no target size; leave it out");
  }
}

// What sets the rows of sizes apart.
struct SizeRow {
  std::string name;  // as a flag, without dashes
  std::string help, infotext;
  std::optional<int> SizeClaims::*field;
  int least;
};

PictureSetting size_row(const SizeRow& row) {
  const std::string flag = "--" + row.name;
  std::string key = row.name;
  key.at(key.find('-')) = '_';
  const auto claim = [field = row.field](const Settings& settings) { return settings.size_claims.*field; };
  const auto resolve = [=](const Request& request, const ModelInfo& model, Settings& settings) {
    const std::optional<int> asked = request.size_claims.*row.field;
    if (!asked) return;
    require_sizes_read(flag, row.name.starts_with("target"), model);
    checked_whole(flag, *asked, row.least, kLargestClaim, " pixels");
    // No crop is what is told without the flag.
    if (row.least > 0 || *asked > 0) settings.size_claims.*row.field = asked;
  };
  return {.names = flag,
          .placeholder = row.least > 0 ? "PIXELS" : "N",
          .topic = kXlTopic,
          .help = row.help,
          .read = [field = row.field](const OptionValue& value,
                                      Request& request) { read(value, request.size_claims.*field); },
          .resolve = resolve,
          .key = key,
          .value =
              [claim](const Settings& settings) {
                return claim(settings) ? std::optional<Json>(*claim(settings)) : std::nullopt;
              },
          .infotext = row.infotext};
}

}  // namespace

std::vector<PictureSetting> xl_rows() {
  const std::string told = "What the model is told: ", own = " Default: the picture's own.";
  return {
      prompt_2(),
      negative_prompt_2(),
      size_row({"crop-top", told + "so many pixels were cut off above. Default: 0, which centres things.", "Crop top",
                &SizeClaims::crop_top, 0}),
      size_row({"crop-left", told + "so many pixels were cut off on the left. Default: 0.", "Crop left",
                &SizeClaims::crop_left, 0}),
      size_row({"original-width", told + "the width before it was scaled; small looks blurred." + own, "Original width",
                &SizeClaims::original_width, 1}),
      size_row({"original-height", told + "the height before it was scaled." + own, "Original height",
                &SizeClaims::original_height, 1}),
      size_row({"target-width", told + "the width that it has." + own, "Target width", &SizeClaims::target_width, 1}),
      size_row(
          {"target-height", told + "the height that it has." + own, "Target height", &SizeClaims::target_height, 1})};
}

}  // namespace deepcache_gen
