#include "image/shrink.h"

#include <algorithm>

namespace deepcache_gen {
namespace {

std::uint8_t average(const Image& image, int left, int top, int right, int bottom, int channel) {
  const long count = static_cast<long>(right - left) * (bottom - top);
  long sum = count / 2;  // rounds to the nearest
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) {
      const auto pixel = static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + x;
      sum += image.pixels[pixel * 3 + static_cast<std::size_t>(channel)];
    }
  }
  return static_cast<std::uint8_t>(sum / count);
}

}  // namespace

Image shrink(const Image& image, int factor) {
  if (factor == 1) return image;
  Image small{(image.width + factor - 1) / factor, (image.height + factor - 1) / factor, {}};
  small.pixels.reserve(static_cast<std::size_t>(small.width) * static_cast<std::size_t>(small.height) * 3);
  for (int top = 0; top < image.height; top += factor) {
    for (int left = 0; left < image.width; left += factor) {
      const int right = std::min(left + factor, image.width), bottom = std::min(top + factor, image.height);
      for (int channel = 0; channel < 3; ++channel)
        small.pixels.push_back(average(image, left, top, right, bottom, channel));
    }
  }
  return small;
}

}  // namespace deepcache_gen
