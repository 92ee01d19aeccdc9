#pragma once

#include "backend/cuda/device_code.h"

namespace deepcache_gen {

/// The widest access to memory that a GPU has.
inline constexpr int kWidestAccess = 16;  // bytes

/// How many numbers such an access holds.
template <typename Number>
inline constexpr int kWidestPack = kWidestAccess / static_cast<int>(sizeof(Number));

/// Numbers that lie beside each other, read and written by one access; they must be aligned to their common size.
template <typename Number, int kCount>
struct alignas(sizeof(Number) * kCount) Pack {
  Number numbers[kCount];
};

/// The pack that begins at `first`.
template <int kCount, typename Number>
DEEPCACHE_GEN_DEVICE_CODE Pack<Number, kCount> load_pack(const Number* first) {
  return *reinterpret_cast<const Pack<Number, kCount>*>(first);
}

/// Puts the pack to where `first` is.
template <int kCount, typename Number>
DEEPCACHE_GEN_DEVICE_CODE void store_pack(Number* first, const Pack<Number, kCount>& pack) {
  *reinterpret_cast<Pack<Number, kCount>*>(first) = pack;
}

}  // namespace deepcache_gen
