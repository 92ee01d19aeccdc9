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

}  // namespace

std::vector<PictureSetting> prompt_rows() { return {prompt_style()}; }

}  // namespace deepcache_gen
