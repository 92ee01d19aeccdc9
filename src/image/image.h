#pragma once

#include <cstdint>
#include <vector>

namespace deepcache_gen {

/// A picture of 8-bit RGB samples, row by row from the top: `pixels.size() == width * height * 3`.
struct Image {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;
};

}  // namespace deepcache_gen
