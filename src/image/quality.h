#pragma once

#include "image/image.h"

namespace deepcache_gen {

/// Peak signal-to-noise ratio in decibels, for samples of 0..255; infinite where the pictures are the same. Throws
/// `Error` where their sizes differ.
double psnr(const Image& a, const Image& b);

/// Structural similarity (Wang et al., IEEE Transactions on Image Processing 13(4), 2004), 1 for equal pictures: the
/// mean over channels and over all windows of 7x7 pixels inside the picture, each pixel weighing the same, with the
/// sample covariance; as scikit-image's structural_similarity has it by default. Throws `Error` where sizes differ or a
/// side is shorter than 7 pixels.
double ssim(const Image& a, const Image& b);

}  // namespace deepcache_gen
