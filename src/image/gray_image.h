#pragma once

#include <cstdint>
#include <vector>

namespace deepcache_gen {

/// A picture of 8-bit grey samples, such as a mask, row by row from the top: `pixels.size() == width * height`.
struct GrayImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};

}  // namespace deepcache_gen
