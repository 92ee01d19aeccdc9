#include "pipeline/prepared_picture.h"

#include <algorithm>
#include <utility>

#include "image/mask.h"
#include "image/pasting.h"
#include "image/picture_file.h"
#include "image/resize.h"
#include "support/error.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

constexpr std::uint8_t kPainted = 128;

std::string size_text(int width, int height) { return std::to_string(width) + "x" + std::to_string(height); }

GrayImage mask_of(const Image& picture, const MaskSettings& settings, const InputPicture& init) {
  const GrayImage gray = gaussian_blur(to_gray(picture), settings.blur);
  // What is cut out is counted in the init picture's pixels.
  return settings.padding ? resize_lanczos(gray, init.width, init.height) : gray;
}

// What is cut out of the init picture; nothing: all of it stays in the pass.
std::optional<CropBox> box_of(const GrayImage& mask, const GenerationSettings& settings) {
  if (!settings.mask->padding) return {};
  return crop_region(mask, settings.width, settings.height, *settings.mask->padding);
}

// Between the area and the size that it is painted in one picture covers the other.
void require_like_proportions(const CropBox& box, const GenerationSettings& settings) {
  const double wide = double(box.width()) / settings.width, high = double(box.height()) / settings.height;
  const double covering = std::max(wide, high), inside = 1 / covering;
  const double pixels = settings.width * covering * settings.height * covering;
  const bool vanishes = box.width() * inside < 1 || box.height() * inside < 1;
  if (pixels <= static_cast<double>(kMostPixels) && !vanishes) return;
  throw UsageError("--mask-only", "--mask-only: the area is " + size_text(box.width(), box.height()) +
                                      ", too far from the proportions of " +
                                      size_text(settings.width, settings.height) +
                                      "; give --width and --height that are nearer");
}

Image fitted(const Image& image, const std::optional<CropBox>& box, const GenerationSettings& settings) {
  if (!box) return resize_lanczos(image, settings.width, settings.height);
  return resize_and_fill(cropped(image, box->left, box->top, box->right, box->bottom), settings.width, settings.height);
}

Image in_colour(const GrayImage& gray) {
  Image image{gray.width, gray.height, {}};
  image.pixels.reserve(gray.pixels.size() * 3);
  for (const std::uint8_t value : gray.pixels) image.pixels.insert(image.pixels.end(), 3, value);
  return image;
}

bool paints_anything(const GrayImage& mask) {
  return std::any_of(mask.pixels.begin(), mask.pixels.end(), [](std::uint8_t value) { return value >= kPainted; });
}

}  // namespace

PreparedPicture prepare_picture(const GenerationSettings& settings) {
  const Image picture = read_again(*settings.init_picture);
  if (!settings.mask) return {fitted(picture, {}, settings), {}, {}};
  const GrayImage mask = mask_of(read_again(settings.mask->picture), *settings.mask, *settings.init_picture);
  const std::optional<CropBox> box = box_of(mask, settings);
  PreparedPicture prepared{fitted(picture, box, settings), to_gray(fitted(in_colour(mask), box, settings)), {}};
  if (settings.mask->padding) {
    prepared.surroundings = {picture, mask, box};
  } else if (settings.mask->keep_unmasked) {
    prepared.surroundings = {prepared.image, *prepared.mask, {}};
  }
  return prepared;
}

Image prepare_control_picture(const InputPicture& picture, const std::optional<CropBox>& box,
                              const GenerationSettings& settings, int width, int height) {
  const Image image = read_again(picture);
  if (!box) return resize_lanczos(image, width, height);
  // The box is counted in the init picture's pixels.
  return fitted(resize_lanczos(image, settings.init_picture->width, settings.init_picture->height), box, settings);
}

Image put_back(const std::optional<Surroundings>& surroundings, Image made) {
  if (!surroundings) return made;
  return apply_overlay(surroundings->mask, surroundings->picture, made, surroundings->box);
}

void require_something_masked(const GenerationSettings& settings, const Image& picture) {
  const GrayImage mask = mask_of(picture, *settings.mask, *settings.init_picture);
  const std::optional<CropBox> box = box_of(mask, settings);
  if (box) require_like_proportions(*box, settings);
  const bool has_box = box || !settings.mask->padding;
  if (has_box && paints_anything(to_gray(fitted(in_colour(mask), box, settings)))) return;
  const std::string flag = "--mask '" + settings.mask->picture.file.string() + "'";
  if (!paints_anything(to_gray(picture)))
    throw UsageError("--mask", flag + " leaves nothing to paint; make white what is to be painted anew");
  throw UsageError("--mask", flag + ": nothing white is left of it after --mask-blur " +
                                 number_text("%g", settings.mask->blur) + " and resizing to " +
                                 size_text(settings.width, settings.height) +
                                 "; make it larger, or give less blur or another size");
}

std::vector<std::string> notes_on_input(const GenerationSettings& settings) {
  if (!settings.init_picture) return {};
  const InputPicture& init = *settings.init_picture;
  std::vector<std::string> notes;
  const auto is_floored = [](int side, int used) { return side >= used && side - used < 8; };
  const bool differs = init.width != settings.width || init.height != settings.height;
  if (differs && is_floored(init.width, settings.width) && is_floored(init.height, settings.height)) {
    notes.push_back("'" + init.file.string() + "' is " + size_text(init.width, init.height) + "; the picture is made " +
                    size_text(settings.width, settings.height) + ", in multiples of 8");
  }
  if (settings.mask && (settings.mask->picture.width != init.width || settings.mask->picture.height != init.height)) {
    notes.push_back("'" + settings.mask->picture.file.string() + "' is " +
                    size_text(settings.mask->picture.width, settings.mask->picture.height) +
                    ", another size than the init picture's " + size_text(init.width, init.height) + "; it is resized");
  }
  return notes;
}

}  // namespace deepcache_gen
