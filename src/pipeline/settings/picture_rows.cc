#include <limits>

#include "pipeline/settings/setting_rows.h"
#include "support/error.h"
#include "support/utf8.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr int kLargestSide = 8192;
constexpr int kMostImages = 100000;

int checked_side(const std::string& flag, int value, int vae_scale) {
  checked_whole(flag, value, vae_scale, kLargestSide, " pixels");
  if (value % vae_scale == 0) return value;
  const int below = value - value % vae_scale;
  throw UsageError(flag, flag + " " + std::to_string(value) + ": must be divisible by " + std::to_string(vae_scale) +
                             "; the nearest are " + std::to_string(below) + " and " +
                             std::to_string(below + vae_scale));
}

std::int64_t checked_seed(std::int64_t seed, int image_count) {
  if (seed >= 0 && seed <= std::numeric_limits<std::int64_t>::max() - image_count) return seed;
  throw UsageError("--seed",
                   "--seed " + std::to_string(seed) + ": expected 0 to 9223372036854775807, less the number of images");
}

std::string size_text(const Settings& settings) {
  return std::to_string(settings.width) + "x" + std::to_string(settings.height);
}

PictureSetting prompt() {
  return {.names = "-p,--prompt",
          .placeholder = "TEXT",
          .topic = "Picture",
          .help = "What the picture shows.",
          .common = true,
          .read = read_into(&Request::prompt),
          .resolve =
              [](const Request& request, const ModelInfo&, Settings& settings) {
                require_utf8(request.prompt);
                settings.prompt = request.prompt;
              },
          .key = "prompt",
          .value = said(&Settings::prompt),
          .label = "prompt"};
}

PictureSetting negative_prompt() {
  return {.names = "-n,--negative-prompt",
          .placeholder = "TEXT",
          .topic = "Picture",
          .help = "What the picture should not show. Default: none.",
          .common = true,
          .read = read_into(&Request::negative_prompt),
          .resolve =
              [](const Request& request, const ModelInfo&, Settings& settings) {
                require_utf8(request.negative_prompt.value_or(""));
                settings.negative_prompt = request.negative_prompt;
              },
          .key = "negative_prompt",
          .value =
              [](const Settings& settings) {
                return std::optional(settings.negative_prompt ? Json(*settings.negative_prompt) : Json(nullptr));
              },
          .label = "negative prompt",
          .shown = [](const Settings& settings) { return settings.negative_prompt.value_or("none"); }};
}

PictureSetting seed() {
  return {.names = "-s,--seed",
          .placeholder = "N",
          .topic = "Picture",
          .help = "Seed of the first image; image k has seed N + k. Default, and when negative: random.",
          .common = true,
          .read =
              [](const OptionValue& value, Request& request) {
                read(value, request.seed);
                if (*request.seed < 0) request.seed.reset();
              },
          .resolve =
              [](const Request& request, const ModelInfo&, Settings& settings) {
                settings.seed = checked_seed(request.seed.value_or(0), request.image_count);
              },
          .key = "seed",
          .value = said(&Settings::seed),
          .infotext = "Seed",
          .infotext_place = 5,
          .label = "seed"};
}

PictureSetting batch_count() {
  return {.names = "-b,--batch-count",
          .placeholder = "N",
          .topic = "Picture",
          .help = "Images to make. Default: 1.",
          .common = true,
          .in_compare = false,
          .read = read_into(&Request::image_count),
          .resolve = [](const Request& request, const ModelInfo&, Settings& settings) {
            settings.image_count = checked_whole("--batch-count", request.image_count, 1, kMostImages);
          }};
}

PictureSetting width() {
  return {.names = "-W,--width",
          .placeholder = "PIXELS",
          .topic = "Picture",
          .help = "Divisible by 8.",
          .common = true,
          .model_default = [](const ModelInfo& model) { return std::to_string(model.default_width); },
          .read = read_into(&Request::width),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                settings.width = checked_side("--width", request.width.value_or(model.default_width), model.vae_scale);
              },
          .key = "width",
          .value = said(&Settings::width),
          .infotext = "Size",
          .infotext_place = 6,
          .infotext_value = size_text,
          .label = "size",
          .shown = size_text,
          .phrase = size_text,
          .batch_key = equal(&Settings::width)};
}

PictureSetting height() {
  return {.names = "-H,--height",
          .placeholder = "PIXELS",
          .topic = "Picture",
          .help = "Divisible by 8.",
          .common = true,
          .model_default = [](const ModelInfo& model) { return std::to_string(model.default_height); },
          .read = read_into(&Request::height),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                settings.height =
                    checked_side("--height", request.height.value_or(model.default_height), model.vae_scale);
              },
          .key = "height",
          .value = said(&Settings::height),
          .batch_key = equal(&Settings::height)};
}

}  // namespace

std::vector<PictureSetting> picture_rows() {
  return {prompt(), negative_prompt(), batch_count(), seed(), width(), height()};
}

}  // namespace deepcache_gen
