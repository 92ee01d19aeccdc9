#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace deepcache_gen {

/// `bytes` in base64 with padding, on one line (RFC 4648, section 4).
std::string base64(std::span<const std::uint8_t> bytes);

}  // namespace deepcache_gen
