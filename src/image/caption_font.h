#pragma once

#include <cstdint>
#include <span>

namespace deepcache_gen {

/// The TrueType file of DejaVu Sans, which the build embeds.
std::span<const std::uint8_t> caption_font();

}  // namespace deepcache_gen
