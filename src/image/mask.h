#pragma once

#include "image/gray_image.h"
#include "image/image.h"

namespace deepcache_gen {

/// Pillow's `convert("L")`: (19595 R + 38470 G + 7471 B + 32768) >> 16 (libImaging/Convert.c).
GrayImage to_gray(const Image& image);

/// Pillow's `filter(ImageFilter.GaussianBlur(radius))`, bit for bit: three passes of its extended box blur along each
/// side (libImaging/BoxBlur.c; Gwosdek et al. 2011). `radius` is the standard deviation in pixels, 0 or more; 0 changes
/// nothing.
GrayImage gaussian_blur(const GrayImage& image, double radius);
Image gaussian_blur(const Image& image, double radius);

}  // namespace deepcache_gen
