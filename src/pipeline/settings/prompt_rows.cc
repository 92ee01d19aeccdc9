#include <algorithm>
#include <limits>

#include "pipeline/settings/setting_rows.h"
#include "support/closest_name.h"
#include "support/error.h"
#include "text/prompt_tags.h"
#include "text/weighted_prompt.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr const char* kPlain = "plain";
constexpr const char* kA1111 = "a1111";

PromptStyle style_named(const std::string& name, const std::string& where) {
  if (name == kPlain) return PromptStyle::plain;
  if (name == kA1111) return PromptStyle::a1111;
  throw UsageError("--prompt-style", unknown_name_message(where, name, {kPlain, kA1111}));
}

PromptStyle style_of(const Request& request, const ModelInfo& model) {
  if (request.prompt_style) return style_named(*request.prompt_style, "prompt style");
  if (!model.defaults.prompt_style) return PromptStyle::plain;
  return style_named(*model.defaults.prompt_style, "prompt_style in model.json of " + model.name + ": prompt style");
}

void require_readable(const std::string& flag, const std::optional<std::string>& prompt, bool may_compose) {
  if (!prompt) return;
  try {
    const std::string text = take_tags(*prompt).text;
    if (!may_compose) refuse_composition(text);
    parse_weighted_prompt(text);
  } catch (const UsageError& error) {
    throw UsageError(flag, flag + ": " + error.what());
  }
}

// Here, so that nothing is loaded for what can't be read. Of a negative prompt AND is a word there too.
void require_readable(const Settings& settings) {
  require_readable("--prompt", settings.prompt, false);
  require_readable("--prompt-2", settings.prompt_2, false);
  if (!settings.guided()) return;
  require_readable("--negative-prompt", settings.negative_prompt, true);
  require_readable("--negative-prompt-2", settings.negative_prompt_2, true);
}

std::optional<Json> said_style(const Settings& settings) {
  return settings.prompt_style == PromptStyle::plain ? std::nullopt : std::optional<Json>(kA1111);
}

PictureSetting prompt_style() {
  return {.names = "--prompt-style",
          .placeholder = "NAME",
          .topic = "Picture",
          .help =
              "How prompts are read: plain, as they stand; a1111, with (weights:1.2), BREAK and <lora:NAME:WEIGHT>, "
              "at any length.",
          .in_tune = true,
          .choices = {kPlain, kA1111},
          .model_default = [](const ModelInfo& model) { return model.defaults.prompt_style.value_or(kPlain); },
          .read = read_into(&Request::prompt_style),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                settings.prompt_style = style_of(request, model);
                if (settings.prompt_style == PromptStyle::a1111) require_readable(settings);
              },
          .key = "prompt_style",
          .value = said_style,
          .infotext = "Prompt style",
          .label = "prompt style",
          .phrase =
              [](const Settings& settings) {
                return settings.prompt_style == PromptStyle::plain ? std::string() : "prompt style a1111";
              }};
}

int lowest_layers(const ModelInfo& model) {
  int lowest = std::numeric_limits<int>::max();
  for (const auto& [role, encoder] : model.text_encoders) lowest = std::min(lowest, encoder.layers.value_or(0));
  return lowest;
}

void check_clip_skip(int skip, const ModelInfo& model) {
  const int layers = lowest_layers(model);
  const std::string flag = "--clip-skip", said = flag + " " + std::to_string(skip) + ": ";
  if (layers == 0) {
    throw UsageError(flag, said + "model " + model.name +
                               " is of format 1, whose text encoder gives the states of one layer; export it again "
                               "with deepcache-gen export");
  }
  if (skip <= layers) return;
  throw UsageError(flag, said + "model " + model.name + " has " + std::to_string(layers) +
                             " layers; expected 1 (the last one) to " + std::to_string(layers));
}

bool is_models_own(int skip, const ModelInfo& model) {
  return std::all_of(model.text_encoders.begin(), model.text_encoders.end(),
                     [&](const auto& encoder) { return encoder.second.skip == skip; });
}

// The layer that the UNets were trained on is what is read where nothing is said.
std::optional<int> resolved_clip_skip(int skip, const ModelInfo& model) {
  bool is_usual = true;
  for (const ModelInfo* reader : {&model, model.refiner.get()}) {
    if (!reader || is_models_own(skip, *reader)) continue;
    check_clip_skip(skip, *reader);
    is_usual = false;
  }
  return is_usual ? std::nullopt : std::optional(skip);
}

PictureSetting clip_skip() {
  return {.names = "--clip-skip",
          .placeholder = "N",
          .topic = "Picture",
          .help =
              "Read the prompts from the text encoder's N-th layer from its end: 1 is the last one, 2 the one before "
              "it; 0 and below: as the model was trained.",
          .in_tune = true,
          .model_default =
              [](const ModelInfo& model) {
                return model.text_encoders.empty() ? "" : std::to_string(model.text_encoders.begin()->second.skip);
              },
          .read =
              [](const OptionValue& value, Request& request) {
                read(value, request.clip_skip);
                if (*request.clip_skip <= 0) request.clip_skip.reset();
              },
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                if (request.clip_skip) settings.clip_skip = resolved_clip_skip(*request.clip_skip, model);
              },
          .key = "clip_skip",
          .value =
              [](const Settings& settings) {
                return settings.clip_skip ? std::optional<Json>(*settings.clip_skip) : std::nullopt;
              },
          .infotext = "Clip skip",
          .label = "clip skip",
          .phrase =
              [](const Settings& settings) {
                return settings.clip_skip ? "clip skip " + std::to_string(*settings.clip_skip) : std::string();
              }};
}

}  // namespace

std::vector<PictureSetting> prompt_rows() { return {prompt_style(), clip_skip()}; }

}  // namespace deepcache_gen
