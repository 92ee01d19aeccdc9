#pragma once

#include "image/image.h"

namespace deepcache_gen {

/// `image` with every block of `factor` x `factor` pixels averaged into one; at the right and bottom ends a block has
/// what is left. `factor` is 1 or more.
Image shrink(const Image& image, int factor);

}  // namespace deepcache_gen
