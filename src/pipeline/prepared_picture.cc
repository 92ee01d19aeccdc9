#include "pipeline/prepared_picture.h"

#include <algorithm>
#include <utility>

#include "image/mask.h"
#include "image/resize.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr std::uint8_t kPainted = 128;

std::string size_text(int width, int height) { return std::to_string(width) + "x" + std::to_string(height); }

// In the size of the init picture, whose pixels it speaks of.
GrayImage mask_over(const MaskSettings& mask, const Image& picture, const InputPicture& init) {
  GrayImage gray = to_gray(resize_lanczos(picture, init.width, init.height));
  return mask.blur > 0 ? gaussian_blur(gray, mask.blur) : gray;
}

Box box_of(const GrayImage& mask, const GenerationSettings& settings) {
  return crop_region(mask, settings.width, settings.height, *settings.mask->padding);
}

GrayImage prepared_mask(const GrayImage& mask, const GenerationSettings& settings) {
  if (settings.mask->padding) return resize_and_fill(mask, box_of(mask, settings), settings.width, settings.height);
  return resize_lanczos(mask, settings.width, settings.height);
}

bool paints_anything(const GrayImage& mask) {
  return std::any_of(mask.pixels.begin(), mask.pixels.end(), [](std::uint8_t value) { return value >= kPainted; });
}

bool is_black(const GrayImage& mask) {
  return std::all_of(mask.pixels.begin(), mask.pixels.end(), [](std::uint8_t value) { return value == 0; });
}

}  // namespace

PreparedPicture prepare_picture(const GenerationSettings& settings) {
  const InputPicture& init = *settings.init_picture;
  const Image picture = read_again(init);
  if (!settings.mask) return {resize_lanczos(picture, settings.width, settings.height), {}};
  const GrayImage mask = mask_over(*settings.mask, read_again(settings.mask->picture), init);
  Image image = settings.mask->padding
                    ? resize_and_fill(picture, box_of(mask, settings), settings.width, settings.height)
                    : resize_lanczos(picture, settings.width, settings.height);
  return {std::move(image), prepared_mask(mask, settings)};
}

Image put_back(const GenerationSettings& settings, Image made) {
  if (!settings.mask || !(settings.mask->padding || settings.mask->keep_unmasked)) return made;
  const Image picture = read_again(*settings.init_picture);
  const GrayImage mask = mask_over(*settings.mask, read_again(settings.mask->picture), *settings.init_picture);
  if (settings.mask->padding) return apply_overlay(mask, picture, made, box_of(mask, settings));
  return apply_overlay(resize_lanczos(mask, made.width, made.height), resize_lanczos(picture, made.width, made.height),
                       made, {});
}

void require_something_masked(const GenerationSettings& settings) {
  const MaskSettings& mask = *settings.mask;
  const GrayImage gray = mask_over(mask, read_again(mask.picture), *settings.init_picture);
  if (!is_black(gray) && paints_anything(prepared_mask(gray, settings))) return;
  throw UsageError("--mask", "--mask '" + mask.picture.file.string() +
                                 "' leaves nothing to paint; make white what is to be painted anew");
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
