#include "image/mask_area.h"

#include <algorithm>
#include <cstdint>

#include "image/pasting.h"
#include "image/resize.h"

namespace deepcache_gen {
namespace {

// The smallest part that has all that is not black.
std::optional<CropBox> bounds_of(const GrayImage& mask) {
  CropBox box{mask.width, mask.height, 0, 0};
  std::size_t at = 0;
  for (int y = 0; y < mask.height; ++y) {
    for (int x = 0; x < mask.width; ++x) {
      if (mask.pixels[at++] == 0) continue;
      box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x + 1), std::max(box.bottom, y + 1)};
    }
  }
  return box.right > 0 ? std::optional(box) : std::nullopt;
}

// Widens from..to by `more`, as evenly as the ends 0 and `most` allow.
void widen(int& from, int& to, int more, int most) {
  from -= more / 2;
  to += more - more / 2;
  const int beyond = std::max(to - most, 0);
  to -= beyond;
  from -= beyond;
  if (from < 0) {
    to -= from;
    from = 0;
  }
  to = std::min(to, most);
}

// Pillow's DIV255, MULDIV255 and SHIFTFORDIV255 (libImaging/ImagingUtils.h).
std::uint32_t divided_by_255(std::uint32_t value) {
  value += 128;
  return ((value >> 8) + value) >> 8;
}

// A sample of the original, kept by `alpha`: made less by it when it was pasted, and more again by RGBa to RGBA.
std::uint32_t kept_sample(std::uint32_t sample, std::uint32_t alpha) {
  const std::uint32_t premultiplied = divided_by_255(sample * alpha);
  if (alpha == 0 || alpha == 255) return premultiplied;
  return std::min(255 * premultiplied / alpha, 255u);
}

// libImaging/AlphaComposite.c over a sample that is opaque.
std::uint8_t composite(std::uint32_t source, std::uint32_t alpha, std::uint32_t below) {
  constexpr int kPrecision = 7;
  if (alpha == 0) return static_cast<std::uint8_t>(below);
  const std::uint32_t of_source = alpha << kPrecision, of_below = (255u << kPrecision) - of_source;
  const std::uint32_t sum = source * of_source + below * of_below + (0x80u << kPrecision);
  return static_cast<std::uint8_t>((((sum >> 8) + sum) >> 8) >> kPrecision);
}

}  // namespace

std::optional<CropBox> crop_region(const GrayImage& mask, int width, int height, int padding) {
  std::optional<CropBox> box = bounds_of(mask);
  if (!box) return {};
  *box = {std::max(box->left - padding, 0), std::max(box->top - padding, 0), std::min(box->right + padding, mask.width),
          std::min(box->bottom + padding, mask.height)};
  const double wanted = static_cast<double>(width) / height;
  if (static_cast<double>(box->width()) / box->height() > wanted) {
    const double desired = box->width() / wanted;
    widen(box->top, box->bottom, static_cast<int>(desired - box->height()), mask.height);
  } else {
    const double desired = box->height() * wanted;
    widen(box->left, box->right, static_cast<int>(desired - box->width()), mask.width);
  }
  return box;
}

Image apply_overlay(const GrayImage& mask, const Image& original, const Image& image,
                    const std::optional<CropBox>& box) {
  Image result = image;
  if (box) {
    result = {original.width, original.height, std::vector<std::uint8_t>(original.pixels.size())};
    paste(result, resize_and_crop(image, box->width(), box->height()), box->left, box->top);
  }
  for (std::size_t pixel = 0; pixel < mask.pixels.size(); ++pixel) {
    const std::uint32_t alpha = 255u - mask.pixels[pixel];
    for (std::size_t i = pixel * 3; i < pixel * 3 + 3; ++i)
      result.pixels[i] = composite(kept_sample(original.pixels[i], alpha), alpha, result.pixels[i]);
  }
  return result;
}

}  // namespace deepcache_gen
