#include <cmath>

#include "pipeline/settings/setting_rows.h"
#include "support/error.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

double checked_guidance(double scale) {
  if (std::isfinite(scale) && scale >= 0) return scale;
  throw UsageError("--cfg-scale", "--cfg-scale " + number_text("%g", scale) +
                                      ": expected a finite number of 0 or more (1 and below: no guidance)");
}

double checked_rescale(double rescale) {
  if (rescale >= 0 && rescale <= 1) return rescale;
  throw UsageError("--guidance-rescale",
                   "--guidance-rescale " + number_text("%g", rescale) + ": expected 0 (none) to 1");
}

PictureSetting steps() {
  return {.names = "--steps",
          .placeholder = "N",
          .topic = "Sampling",
          .help = "Denoising steps.",
          .common = true,
          .in_bench = true,
          .in_tune = true,
          .model_default = [](const ModelInfo& model) { return std::to_string(model.defaults.steps); },
          .read = read_into(&Request::steps),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                settings.steps = checked_whole("--steps", request.steps.value_or(model.defaults.steps), 1, kMostSteps);
              },
          .key = "steps",
          .value = said(&Settings::steps),
          .infotext = "Steps",
          .infotext_place = 1,
          .label = "steps",
          .phrase =
              [](const Settings& settings) {
                return std::to_string(settings.steps) + (settings.steps == 1 ? " step of " : " steps of ") +
                       settings.scheduler.sampler + " (" + settings.scheduler.sigma_schedule + ")";
              },
          .batch_key = equal(&Settings::steps)};
}

PictureSetting guidance_scale() {
  return {.names = "--cfg-scale,--guidance-scale",
          .placeholder = "X",
          .topic = "Sampling",
          .help = "How strictly to follow the prompt; 1 and below turn guidance off.",
          .common = true,
          .in_bench = true,
          .in_tune = true,
          .model_default = [](const ModelInfo& model) { return number_text("%g", model.defaults.guidance_scale); },
          .read = read_into(&Request::guidance_scale),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                settings.guidance_scale =
                    checked_guidance(request.guidance_scale.value_or(model.defaults.guidance_scale));
                settings.guidance_is_embedded = model.unet().guidance_embedding > 0;
              },
          .key = "guidance_scale",
          .value = said(&Settings::guidance_scale),
          .infotext = "CFG scale",
          .infotext_place = 4,
          .label = "guidance",
          .shown = [](const Settings& settings) { return number_text("%g", settings.guidance_scale); },
          .phrase = [](const Settings& settings) { return "guidance " + number_text("%g", settings.guidance_scale); },
          .batch_key = [](const Settings& settings) { return Json(settings.guided()); }};
}

PictureSetting guidance_rescale() {
  return {.names = "--guidance-rescale",
          .placeholder = "X",
          .topic = "Sampling",
          .help = "Take back X (0 to 1) of what guidance adds to the contrast, for v-prediction models. Default: 0.",
          .in_bench = true,
          .in_tune = true,
          .read = read_into(&Request::guidance_rescale),
          .resolve =
              [](const Request& request, const ModelInfo&, Settings& settings) {
                settings.guidance_rescale = checked_rescale(request.guidance_rescale.value_or(0));
              },
          .key = "guidance_rescale",
          .value = said_unless(0, &Settings::guidance_rescale),
          .infotext = "CFG rescale",
          .label = "guidance rescale",
          .phrase =
              [](const Settings& settings) {
                if (settings.guidance_rescale == 0) return std::string();
                return "guidance rescale " + number_text("%g", settings.guidance_rescale);
              }};
}

}  // namespace

std::vector<PictureSetting> sampling_rows() { return {steps(), guidance_scale(), guidance_rescale()}; }

}  // namespace deepcache_gen
