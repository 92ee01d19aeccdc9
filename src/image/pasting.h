#pragma once

#include "image/image.h"

namespace deepcache_gen {

/// Puts `picture` into `image` with its top left at (left, top), which may lie outside; so does what lies outside.
void paste(Image& image, const Image& picture, int left, int top);

/// The pixels of `image` from (left, top) to before (right, bottom); what lies outside of it is black.
Image cropped(const Image& image, int left, int top, int right, int bottom);

}  // namespace deepcache_gen
