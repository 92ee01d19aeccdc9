#pragma once

#include <cstdint>

namespace deepcache_gen {

// Of the zip format, APPNOTE.TXT 6.3.10: what its records begin with, and what stands where a number does not fit.
inline constexpr std::uint64_t kLocalHeader = 0x04034b50;      ///< in front of a record's bytes
inline constexpr std::uint64_t kDirectoryHeader = 0x02014b50;  ///< a record's entry in the directory
inline constexpr std::uint64_t kEnd64 = 0x06064b50;            ///< the end of the directory, with 64-bit numbers
inline constexpr std::uint64_t kLocator64 = 0x07064b50;        ///< where that end lies
inline constexpr std::uint64_t kEnd = 0x06054b50;              ///< the end of the archive
inline constexpr std::uint64_t kIn64Bits = 0xffffffff;
inline constexpr std::uint64_t kCountIn64Bits = 0xffff;
inline constexpr std::uint64_t kSizes64 = 1;  ///< the kind of the extra field with 64-bit sizes

}  // namespace deepcache_gen
