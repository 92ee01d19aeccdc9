#include <algorithm>
#include <cmath>
#include <utility>

#include "pipeline/prepared_picture.h"
#include "pipeline/settings/setting_rows.h"
#include "support/error.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr const char* kTopic = "Image to image, inpainting";
constexpr double kUsualStrength = 0.75;
constexpr int kWidestBlur = 1024, kWidestPadding = 8192;

bool reads_masks(const ModelInfo& model) { return model.unet().is_inpainting(); }

void require_init_picture(const std::string& flag, bool is_given, const Settings& settings) {
  if (!is_given || settings.init_picture) return;
  throw UsageError(flag, flag + ": is about the picture that is changed; give that with --init-img");
}

void require_mask(const std::string& flag, bool is_given, const Settings& settings) {
  if (!is_given || settings.mask) return;
  throw UsageError(flag, flag + ": is about the part that is painted anew; give that with --mask");
}

double checked_strength(double strength, int steps) {
  if (!(strength > 0 && strength <= 1)) {
    throw UsageError("--strength", "--strength " + number_text("%g", strength) +
                                       ": expected a number above 0 (little changes) to 1 (everything)");
  }
  if (static_cast<int>(steps * strength) > 0) return strength;
  UsageError error("--strength", "--strength " + number_text("%g", strength) + " of " + std::to_string(steps) +
                                     (steps == 1 ? " step" : " steps") +
                                     " leaves none to make; give more of one or the other");
  error.add_flag("--steps");
  throw error;
}

// A path as it was given: for who reads the record, and for `--from-image`.
template <class Get>
PictureSetting path_row(PictureSetting row, Get get) {
  const auto path = [get](const Settings& settings) {
    const InputPicture* const picture = get(settings);
    return picture ? std::optional<Json>(picture->file.string()) : std::nullopt;
  };
  row.value = path;
  row.is_compared = false;
  return row;
}

// What was in the file is what counts.
template <class Get>
PictureSetting checksum_row(std::string key, Get get) {
  return {.key = std::move(key), .value = [get](const Settings& settings) {
            const InputPicture* const picture = get(settings);
            return picture ? std::optional<Json>(picture->sha256) : std::nullopt;
          }};
}

const InputPicture* init_of(const Settings& settings) {
  return settings.init_picture ? &*settings.init_picture : nullptr;
}

const InputPicture* mask_of(const Settings& settings) { return settings.mask ? &settings.mask->picture : nullptr; }

PictureSetting init_img() {
  return path_row({.names = "-i,--init-img",
                   .placeholder = "FILE",
                   .topic = kTopic,
                   .help = "The picture that is changed (PNG, JPEG, WebP).",
                   .common = true,
                   .takes_file = true,
                   .read = read_into(&Request::init_image),
                   .resolve =
                       [](const Request& request, const ModelInfo&, Settings& settings) {
                         if (!request.init_image) return;
                         settings.init_picture = read_input_picture("--init-img", *request.init_image).facts;
                       },
                   .key = "init_img",
                   .infotext = "Init image",
                   .label = "init picture",
                   .batch_key = [](const Settings& settings) { return Json(settings.init_picture.has_value()); }},
                  init_of);
}

PictureSetting strength() {
  return {.names = "--strength",
          .placeholder = "X",
          .topic = kTopic,
          .help = "How much it changes, above 0 to 1. Default: 0.75.",
          .common = true,
          .read = read_into(&Request::strength),
          .resolve =
              [](const Request& request, const ModelInfo&, Settings& settings) {
                require_init_picture("--strength", request.strength.has_value(), settings);
                if (!settings.init_picture) return;
                settings.strength = checked_strength(request.strength.value_or(kUsualStrength), settings.steps);
              },
          .key = "strength",
          .value =
              [](const Settings& settings) {
                return settings.init_picture ? std::optional<Json>(settings.strength) : std::nullopt;
              },
          .infotext = "Denoising strength",
          .label = "strength",
          .phrase =
              [](const Settings& settings) {
                return settings.init_picture ? "strength " + number_text("%g", settings.strength) : std::string();
              },
          .batch_key = [](const Settings& settings) { return Json(settings.strength); }};
}

MaskSettings resolved_mask(const Request& request, InputPicture picture) {
  MaskSettings mask{.picture = std::move(picture),
                    .blur = request.mask_blur.value_or(0),
                    .padding = request.mask_padding,
                    .keep_unmasked = request.keep_unmasked};
  if (!(mask.blur >= 0 && mask.blur <= kWidestBlur)) {
    throw UsageError("--mask-blur", "--mask-blur " + number_text("%g", mask.blur) + ": expected 0 to " +
                                        std::to_string(kWidestBlur) + " pixels");
  }
  if (mask.padding) checked_whole("--mask-only", *mask.padding, 0, kWidestPadding, " pixels");
  return mask;
}

void resolve_mask(const Request& request, const ModelInfo& model, Settings& settings) {
  require_init_picture("--mask", request.mask.has_value(), settings);
  if (request.mask) {
    ReadPicture read = read_input_picture("--mask", *request.mask);
    settings.mask = resolved_mask(request, std::move(read.facts));
    require_something_masked(settings, read.image);
  } else if (reads_masks(model)) {
    throw UsageError("--mask",
                     "model " + model.name +
                         " is for inpainting: it needs a picture and what to paint anew in it; give both with "
                         "--init-img and --mask, or use another model");
  }
}

PictureSetting mask() {
  return path_row({.names = "--mask",
                   .placeholder = "FILE",
                   .topic = kTopic,
                   .help = "White where it is painted anew, black where not.",
                   .common = true,
                   .takes_file = true,
                   .read = read_into(&Request::mask),
                   .resolve = resolve_mask,
                   .key = "mask",
                   .infotext = "Mask",
                   .label = "mask",
                   .batch_key = [](const Settings& settings) { return Json(settings.mask.has_value()); }},
                  mask_of);
}

PictureSetting mask_blur() {
  return {.names = "--mask-blur",
          .placeholder = "RADIUS",
          .topic = kTopic,
          .help = "Blur the mask by so many pixels. Default: 0.",
          .read = read_into(&Request::mask_blur),
          .resolve = [](const Request& request, const ModelInfo&,
                        Settings& settings) { require_mask("--mask-blur", request.mask_blur.has_value(), settings); },
          .key = "mask_blur",
          .value =
              [](const Settings& settings) {
                return settings.mask && settings.mask->blur > 0 ? std::optional<Json>(settings.mask->blur)
                                                                : std::nullopt;
              },
          .infotext = "Mask blur"};
}

PictureSetting mask_only() {
  return {
      .names = "--mask-only",
      .placeholder = "PADDING",
      .topic = kTopic,
      .help =
          "Paint the masked area alone, with so many pixels around it, in the size of --width and --height, and "
          "put it back into the picture, which keeps its size.",
      .read = read_into(&Request::mask_padding),
      .resolve = [](const Request& request, const ModelInfo&,
                    Settings& settings) { require_mask("--mask-only", request.mask_padding.has_value(), settings); },
      .key = "mask_only",
      .value =
          [](const Settings& settings) {
            return settings.mask && settings.mask->padding ? std::optional<Json>(*settings.mask->padding)
                                                           : std::nullopt;
          },
      .infotext = "Masked area padding"};
}

PictureSetting keep_unmasked() {
  return {
      .names = "--keep-unmasked",
      .topic = kTopic,
      .help = "Put the init picture's own pixels back outside of the mask: encoding and decoding change them a little.",
      .read = read_into(&Request::keep_unmasked),
      .resolve = [](const Request& request, const ModelInfo&,
                    Settings& settings) { require_mask("--keep-unmasked", request.keep_unmasked, settings); },
      .key = "keep_unmasked",
      .value =
          [](const Settings& settings) {
            return settings.mask && settings.mask->keep_unmasked ? std::optional<Json>(true) : std::nullopt;
          },
      .infotext = "Keep unmasked"};
}

}  // namespace

std::vector<PictureSetting> init_picture_rows() { return {init_img(), checksum_row("init_img_sha256", init_of)}; }

std::vector<PictureSetting> painting_rows() {
  return {strength(), mask(), checksum_row("mask_sha256", mask_of), mask_blur(), mask_only(), keep_unmasked()};
}

}  // namespace deepcache_gen
