#pragma once

#include <optional>

#include "caching/cache_spec.h"

namespace deepcache_gen {

/// How many times faster than without caching the table of the DeepCache page of diffusers' documentation
/// (docs/source/en/optimization/deepcache.md) has a setting: Stable Diffusion 2.1, 50 steps, an NVIDIA A5000. `size`:
/// pixels of a side; `batch`: images. Nothing where the table has no such entry.
std::optional<double> reference_ratio(int size, int batch, const CacheSpec& setting);

}  // namespace deepcache_gen
