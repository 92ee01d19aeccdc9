#pragma once

#include "caching/cache_policy.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// Whether every control net of these settings says what it costs.
bool control_is_counted(const GenerationSettings& settings);

/// Multiply-adds of the control nets for one image at the call of that number, from 0, of a pass of `calls`: as it is
/// planned in `choice`, for as many halves of the guidance as the UNet runs (0: it does not run).
double control_multiply_adds(const GenerationSettings& settings, const Choice& choice, int call, int calls,
                             double latent_pixels, int halves);

/// Multiply-adds of the nets' pictures, which are embedded once a pass, for one image.
double control_picture_multiply_adds(const GenerationSettings& settings, double latent_pixels);

}  // namespace deepcache_gen
