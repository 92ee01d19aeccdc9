#include <limits>

#include "pipeline/settings/setting_rows.h"
#include "support/error.h"
#include "support/utf8.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr int kMostImages = 100000;

int checked_side(const std::string& flag, int value, int vae_scale) {
  checked_whole(flag, value, vae_scale, kLargestSide, " pixels");
  if (value % vae_scale == 0) return value;
  const int below = value - value % vae_scale;
  throw UsageError(flag, flag + " " + std::to_string(value) + ": must be divisible by " + std::to_string(vae_scale) +
                             "; the nearest are " + std::to_string(below) + " and " +
                             std::to_string(below + vae_scale));
}

struct Size {
  int width, height;
};

// What a picture is changed in, or steered by another in, where no size is asked for: its own, floored to what the VAE
// takes. With one side asked for the other follows.
Size size_of_picture(const Request& request, const InputPicture& picture, int vae_scale) {
  const auto floored = [&](std::int64_t side) { return static_cast<int>(side / vae_scale * vae_scale); };
  const auto scaled = [&](std::int64_t side, std::int64_t by, std::int64_t of) { return floored(side * by / of); };
  if (request.width) return {*request.width, scaled(picture.height, *request.width, picture.width)};
  if (request.height) return {scaled(picture.width, *request.height, picture.height), *request.height};
  return {floored(picture.width), floored(picture.height)};
}

void check_size_of(const std::string& flag, const InputPicture& picture, const Size& size, int vae_scale) {
  const auto fits = [&](int side) { return side >= vae_scale && side <= kLargestSide; };
  if (fits(size.width) && fits(size.height)) return;
  throw UsageError(flag, flag + " '" + picture.file.string() + "' is " + std::to_string(picture.width) + "x" +
                             std::to_string(picture.height) + "; give --width and --height of " +
                             std::to_string(vae_scale) + " to " + std::to_string(kLargestSide));
}

Size default_size(const Request& request, const ModelInfo& model, const Settings& settings) {
  const bool is_controlled = !settings.init_picture && !settings.control_nets.empty();
  const InputPicture* const followed = is_controlled ? &settings.control_nets.front().picture
                                       : settings.init_picture && !request.mask_padding ? &*settings.init_picture
                                                                                        : nullptr;
  if (!followed || (request.width && request.height)) return {model.default_width, model.default_height};
  const Size size = size_of_picture(request, *followed, model.vae_scale);
  check_size_of(is_controlled ? "--control-image" : "--init-img", *followed, size, model.vae_scale);
  return size;
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
          .in_tune = true,
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
          .in_tune = true,
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
          .help = "Divisible by 8; with an init or control picture that one's, if none is given.",
          .common = true,
          .in_tune = true,
          .model_default = [](const ModelInfo& model) { return std::to_string(model.default_width); },
          .read = read_into(&Request::width),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                const int width = request.width.value_or(default_size(request, model, settings).width);
                settings.width = checked_side("--width", width, model.vae_scale);
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
          .in_tune = true,
          .model_default = [](const ModelInfo& model) { return std::to_string(model.default_height); },
          .read = read_into(&Request::height),
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                const int height = request.height.value_or(default_size(request, model, settings).height);
                settings.height = checked_side("--height", height, model.vae_scale);
              },
          .key = "height",
          .value = said(&Settings::height),
          .batch_key = equal(&Settings::height)};
}

}  // namespace

std::vector<PictureSetting> picture_rows() { return {prompt(), negative_prompt(), batch_count(), seed()}; }

std::vector<PictureSetting> size_rows() { return {width(), height()}; }

}  // namespace deepcache_gen
