#include "image/pasting.h"

#include <algorithm>
#include <cstddef>

namespace deepcache_gen {
namespace {

std::ptrdiff_t sample_at(const Image& image, int x, int y) {
  return (static_cast<std::ptrdiff_t>(y) * image.width + x) * 3;
}

}  // namespace

void paste(Image& image, const Image& picture, int left, int top) {
  const int first = std::max(0, -left), end = std::min(picture.width, image.width - left);
  if (first >= end) return;
  for (int y = std::max(0, -top); y < std::min(picture.height, image.height - top); ++y) {
    const auto from = picture.pixels.begin();
    std::copy(from + sample_at(picture, first, y), from + sample_at(picture, end, y),
              image.pixels.begin() + sample_at(image, left + first, top + y));
  }
}

Image cropped(const Image& image, int left, int top, int right, int bottom) {
  Image part{right - left, bottom - top, {}};
  part.pixels.resize(static_cast<std::size_t>(part.width) * static_cast<std::size_t>(part.height) * 3);
  paste(part, image, -left, -top);
  return part;
}

}  // namespace deepcache_gen
