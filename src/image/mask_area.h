#pragma once

#include <optional>

#include "image/gray_image.h"
#include "image/image.h"

namespace deepcache_gen {

/// A part of a picture: pixels from (left, top) to before (right, bottom).
struct CropBox {
  int left, top, right, bottom;
  int width() const { return right - left; }
  int height() const { return bottom - top; }
  bool operator==(const CropBox&) const = default;
};

/// The part of a mask that is to be painted anew (what is not black) with `padding` pixels around it, widened to the
/// proportions of width x height, inside the mask: diffusers' `VaeImageProcessor.get_crop_region`. Nothing where the
/// mask is all black.
std::optional<CropBox> crop_region(const GrayImage& mask, int width, int height, int padding);

/// `image`, what was made of the part `box` of `original` or, without a box, of all of it, put back under the pixels of
/// `original` that `mask` (of the original's size) leaves: diffusers' `VaeImageProcessor.apply_overlay`, bit for bit.
Image apply_overlay(const GrayImage& mask, const Image& original, const Image& image,
                    const std::optional<CropBox>& box);

}  // namespace deepcache_gen
