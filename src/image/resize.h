#pragma once

#include "image/gray_image.h"
#include "image/image.h"

namespace deepcache_gen {

/// `image` in another size, at least 1 x 1, as `resize((width, height), LANCZOS)` of Pillow 13 makes it, bit for bit
/// (libImaging/Resample.c): the two sides one after the other, in the order that it chooses.
Image resize_lanczos(const Image& image, int width, int height);
GrayImage resize_lanczos(const GrayImage& image, int width, int height);

/// `image` in its proportions in the middle of that size, the bars beside or above and below it filled with its
/// edges: what diffusers' `VaeImageProcessor` makes of a Pillow image with `resize_mode="fill"`.
Image resize_and_fill(const Image& image, int width, int height);

/// `image` in its proportions over all of that size, what is outside cut away: `resize_mode="crop"` there.
Image resize_and_crop(const Image& image, int width, int height);

}  // namespace deepcache_gen
