#include <cmath>

#include "pipeline/settings/setting_rows.h"
#include "pipeline/upscalers.h"
#include "support/error.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr const char* kHiresTopic = "A larger picture in a second pass (hires)";
constexpr double kLargestScale = 8;
const HiresSettings kUsual;

// In records of pictures with a second pass only.
template <class Field>
auto said_of_hires(Field HiresSettings::*field) {
  return [field](const Settings& settings) {
    return settings.hires ? std::optional<Json>((*settings.hires).*field) : std::nullopt;
  };
}

template <class Field>
auto equal_in_hires(Field HiresSettings::*field) {
  return [field](const Settings& settings) { return settings.hires ? Json((*settings.hires).*field) : Json(nullptr); };
}

bool is_asked_for(const Request& request) {
  return request.hires_scale || request.hires_steps || request.hires_strength || request.hires_upscaler;
}

void refuse_init_picture(const Settings& settings) {
  if (!settings.init_picture) return;
  UsageError error("--hires-scale",
                   "--hires-scale is for pictures from text; with --init-img give a larger --width and --height");
  error.add_flag("--init-img");
  throw error;
}

double checked_scale(double scale) {
  if (scale >= 1 && scale <= kLargestScale) return scale;
  throw UsageError("--hires-scale",
                   "--hires-scale " + number_text("%g", scale) + ": expected 1 to " + number_text("%g", kLargestScale));
}

// As AUTOMATIC1111 floors it.
int enlarged(const char* flag, int side, double scale, int vae_scale) {
  const int larger = static_cast<int>(side * scale) / vae_scale * vae_scale;
  if (larger <= kLargestSide) return larger;
  UsageError error("--hires-scale", "--hires-scale " + number_text("%g", scale) + " makes " + std::to_string(larger) +
                                        " pixels of " + std::to_string(side) + ", more than " +
                                        std::to_string(kLargestSide) + "; give less");
  error.add_flag(flag);
  throw error;
}

int hires_steps_of(const Request& request, const Settings& settings) {
  const bool has_own_levels = !settings.scheduler.sigmas.empty() || !settings.scheduler.timesteps.empty();
  if (!request.hires_steps) return settings.steps;
  if (has_own_levels && *request.hires_steps != settings.steps) {
    throw UsageError("--hires-steps",
                     "--hires-steps " + std::to_string(*request.hires_steps) + ": " +
                         (settings.timesteps_curve ? "levels on the curve" : "--sigmas and --timesteps") + " are for " +
                         std::to_string(settings.steps) + " steps in both passes; leave --hires-steps out");
  }
  return checked_whole("--hires-steps", *request.hires_steps, 1, kMostSteps);
}

double checked_hires_strength(double strength, int steps) {
  if (!(strength > 0 && strength <= 1)) {
    throw UsageError("--hires-strength",
                     "--hires-strength " + number_text("%g", strength) + ": expected a number above 0 to 1");
  }
  if (static_cast<int>(steps * strength) > 0) return strength;
  throw UsageError("--hires-strength", "--hires-strength " + number_text("%g", strength) + " of " +
                                           std::to_string(steps) + (steps == 1 ? " step" : " steps") +
                                           " leaves none to make; give more of it, or --hires-steps");
}

void resolve_hires(const Request& request, const ModelInfo& model, Settings& settings) {
  if (!is_asked_for(request)) return;
  refuse_init_picture(settings);
  HiresSettings hires;
  hires.scale = checked_scale(request.hires_scale.value_or(kUsual.scale));
  hires.width = enlarged("--width", settings.width, hires.scale, model.vae_scale);
  hires.height = enlarged("--height", settings.height, hires.scale, model.vae_scale);
  hires.steps = hires_steps_of(request, settings);
  hires.strength = checked_hires_strength(request.hires_strength.value_or(kUsual.strength), hires.steps);
  hires.upscaler = upscaler_named(request.hires_upscaler.value_or(kUsual.upscaler)).name;
  settings.hires = hires;
}

PictureSetting hires_scale() {
  return {.names = "--hires-scale",
          .placeholder = "X",
          .topic = kHiresTopic,
          .help =
              "Make the picture X times as wide and high, from what came of the first pass. Default: 2, if another "
              "of these is given.",
          .in_bench = true,
          .read = read_into(&Request::hires_scale),
          .resolve = resolve_hires,
          .key = "hires_scale",
          .value = said_of_hires(&HiresSettings::scale),
          .infotext = "Hires upscale",
          .label = "hires",
          .phrase =
              [](const Settings& settings) {
                if (!settings.hires) return std::string();
                const HiresSettings& hires = *settings.hires;
                return "hires " + std::to_string(hires.width) + "x" + std::to_string(hires.height) + " by " +
                       hires.upscaler + ", " + std::to_string(hires.steps) + " steps, strength " +
                       number_text("%g", hires.strength);
              },
          .batch_key = equal_in_hires(&HiresSettings::scale)};
}

PictureSetting hires_steps() {
  return {.names = "--hires-steps",
          .placeholder = "N",
          .topic = kHiresTopic,
          .help = "Denoising steps of the second pass, of which int(N x strength) are made. Default: --steps.",
          .in_bench = true,
          .read = read_into(&Request::hires_steps),
          .key = "hires_steps",
          .value = said_of_hires(&HiresSettings::steps),
          .infotext = "Hires steps",
          .batch_key = equal_in_hires(&HiresSettings::steps)};
}

PictureSetting hires_strength() {
  return {.names = "--hires-strength",
          .placeholder = "X",
          .topic = kHiresTopic,
          .help = "How much of the enlarged picture is painted anew, above 0 to 1. Default: 0.7.",
          .in_bench = true,
          .read = read_into(&Request::hires_strength),
          .key = "hires_strength",
          .value = said_of_hires(&HiresSettings::strength),
          .infotext = "Denoising strength",
          .batch_key = equal_in_hires(&HiresSettings::strength)};
}

PictureSetting hires_upscaler() {
  return {.names = "--hires-upscaler",
          .placeholder = "NAME",
          .topic = kHiresTopic,
          .help =
              "How it is enlarged: latent (bilinear), latent-nearest, or lanczos of the decoded picture. Default: "
              "latent.",
          .in_bench = true,
          .choices = upscaler_names(),
          .read = read_into(&Request::hires_upscaler),
          .key = "hires_upscaler",
          .value = said_of_hires(&HiresSettings::upscaler),
          .infotext = "Hires upscaler",
          .infotext_value =
              [](const Settings& settings) { return std::string(upscaler_named(settings.hires->upscaler).infotext); },
          .batch_key = equal_in_hires(&HiresSettings::upscaler)};
}

}  // namespace

std::vector<PictureSetting> hires_rows() { return {hires_scale(), hires_steps(), hires_strength(), hires_upscaler()}; }

}  // namespace deepcache_gen
