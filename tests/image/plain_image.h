#pragma once

#include <cstddef>

#include "image/color.h"
#include "image/image.h"

namespace deepcache_gen {

/// An image of one colour.
inline Image plain_image(int width, int height, const Color& color) {
  Image image{width, height, {}};
  for (int i = 0; i < width * height; ++i) image.pixels.insert(image.pixels.end(), color.begin(), color.end());
  return image;
}

inline Color pixel_at(const Image& image, int x, int y) {
  const auto first =
      (static_cast<std::size_t>(y) * static_cast<std::size_t>(image.width) + static_cast<std::size_t>(x)) * 3;
  return {image.pixels.at(first), image.pixels.at(first + 1), image.pixels.at(first + 2)};
}

}  // namespace deepcache_gen
