#pragma once

#include "backend/cpu/convolution_layouts.h"

namespace deepcache_gen {

/// Of a kernel of 3x3: the output is as large as the input.
inline const ConvolutionGeometry kSame{.stride = {1, 1}, .padding = {1, 1}, .dilation = {1, 1}, .groups = 1};

}  // namespace deepcache_gen
