#pragma once

#include <string_view>

namespace deepcache_gen {

// What model.json's "family" may be (model/conditioning.h), where something hangs on which it is.
inline constexpr std::string_view kStableDiffusionXl = "stable-diffusion-xl";
inline constexpr std::string_view kStableDiffusionXlRefiner = "stable-diffusion-xl-refiner";

/// Whether the UNets of a family are told the sizes of pictures (`SizeConditioning`).
constexpr bool reads_sizes(std::string_view family) {
  return family == kStableDiffusionXl || family == kStableDiffusionXlRefiner;
}

/// Whether the target size is among them: the refiner reads an aesthetic score in its place.
constexpr bool reads_target_size(std::string_view family) { return family == kStableDiffusionXl; }

}  // namespace deepcache_gen
