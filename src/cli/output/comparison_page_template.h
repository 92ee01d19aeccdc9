#pragma once

#include <cstdint>
#include <span>

namespace deepcache_gen {

/// The Mustache template comparison_page.html, which the build embeds.
std::span<const std::uint8_t> comparison_page_template();

}  // namespace deepcache_gen
