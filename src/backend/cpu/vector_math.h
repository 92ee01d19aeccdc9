#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace deepcache_gen {

/// A bfloat16 number: the upper half of a float32.
struct Bfloat16Bits {
  std::uint16_t bits;
};

/// Before a kernel: it is compiled for these instruction sets, and the loader takes the best one that the processor
/// has. Under a sanitizer there is only one: the choice would run before the sanitizer is ready.
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define DEEPCACHE_GEN_VECTORIZED __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define DEEPCACHE_GEN_VECTORIZED
#endif
/// Before what a kernel calls: it must become part of it, or it would be compiled for the oldest processor.
#define DEEPCACHE_GEN_INLINE __attribute__((always_inline)) inline

DEEPCACHE_GEN_INLINE float load(float number) { return number; }
DEEPCACHE_GEN_INLINE float load(Bfloat16Bits number) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(number.bits) << 16);
}

/// Stores `value`, rounded to the nearest number, ties to even.
DEEPCACHE_GEN_INLINE void store(float value, float& number) { number = value; }
DEEPCACHE_GEN_INLINE void store(float value, Bfloat16Bits& number) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t to_nearest_even = 0x7fff + ((bits >> 16) & 1);
  // A NaN that arithmetic made has no low bits set, so that rounding leaves it one.
  number.bits = static_cast<std::uint16_t>((bits + to_nearest_even) >> 16);
}

inline constexpr float kLog2OfE = 1.44269504f;
/// 1.5 * 2^23. Beside it no fraction bits are left, and a small integer is in the lowest bits.
inline constexpr float kRoundToInteger = 12582912.0f;

/// e^x for x in -80..80, outside of it the bound's. Cody and Waite's reduction to |r| <= ln(2) / 2, then Taylor's
/// polynomial of degree 7: relative error below 2e-7.
DEEPCACHE_GEN_INLINE float exponential(float x) {
  const float bounded = x < -80.0f ? -80.0f : (x > 80.0f ? 80.0f : x);
  const float shifted = bounded * kLog2OfE + kRoundToInteger;
  const float n = shifted - kRoundToInteger;
  const float r = (bounded - n * 0.693359375f) + n * 2.12194440e-4f;
  float y = 1.98412698e-4f;
  y = y * r + 1.38888889e-3f;
  y = y * r + 8.33333333e-3f;
  y = y * r + 4.16666667e-2f;
  y = y * r + 1.66666667e-1f;
  y = y * r + 0.5f;
  y = y * r + 1.0f;
  y = y * r + 1.0f;
  const std::uint32_t power = (std::bit_cast<std::uint32_t>(shifted) + 127) << 23;
  return y * std::bit_cast<float>(power);
}

/// 2^x for x <= 0, below -115 the bound's; exactly 1 for 0. The polynomial is the one of degree 5 with the least
/// greatest relative error for |r| <= 1/2; with rounding that is below 3e-7. Faster than `exponential`.
DEEPCACHE_GEN_INLINE float power_of_two(float x) {
  const float bounded = x < -115.0f ? -115.0f : x;
  const float shifted = bounded + kRoundToInteger;
  const float r = bounded - (shifted - kRoundToInteger);
  float y = 1.327647205e-3f;
  y = y * r + 9.675541385e-3f;
  y = y * r + 5.550713274e-2f;
  y = y * r + 2.402211972e-1f;
  y = y * r + 6.931469671e-1f;
  y = y * r + 1.0f;
  // A NaN that arithmetic made has no low bits set, so that this leaves it one.
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(y) + (std::bit_cast<std::uint32_t>(shifted) << 23));
}

/// 1 / x for normal positive x. The difference of the bit patterns is within 12 % (Blinn, Floating-Point Tricks, 1997);
/// each of Newton's steps squares the error, and three are faster than a vector division.
DEEPCACHE_GEN_INLINE float reciprocal(float x) {
  float y = std::bit_cast<float>(0x7ef311c7 - std::bit_cast<std::int32_t>(x));
  y = y * (2.0f - x * y);
  y = y * (2.0f - x * y);
  return y * (2.0f - x * y);
}

}  // namespace deepcache_gen
