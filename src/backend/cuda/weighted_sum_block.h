#pragma once

#include <cstdint>

#include "backend/cuda/pack.h"

namespace deepcache_gen {

/// The most terms of a sum.
inline constexpr int kMostTerms = 8;

/// Handed to a kernel by value, so that the host keeps nothing for it.
struct WeightedSumArguments {
  const float* terms[kMostTerms];
  double weights[kMostTerms];
  int count;      ///< of terms, at least 1
  float* output;  ///< apart from the terms
  std::int64_t size;
  int pack;  ///< numbers in an access to memory, to which all are aligned
};

/// The pack from number `begin` on, of each term: what is to be written there.
template <int kPack>
DEEPCACHE_GEN_DEVICE_CODE Pack<float, kPack> weighted_pack(const WeightedSumArguments& arguments, std::int64_t begin) {
  double sums[kPack] = {};
  DEEPCACHE_GEN_UNROLLED
  for (int term = 0; term < kMostTerms; ++term) {
    if (term >= arguments.count) break;
    const Pack<float, kPack> pack = load_pack<kPack>(arguments.terms[term] + begin);
    DEEPCACHE_GEN_UNROLLED
    for (int i = 0; i < kPack; ++i) sums[i] += pack.numbers[i] * arguments.weights[term];
  }
  Pack<float, kPack> sum;
  DEEPCACHE_GEN_UNROLLED
  for (int i = 0; i < kPack; ++i) sum.numbers[i] = static_cast<float>(sums[i]);
  return sum;
}

/// What the `thread`-th thread of all does: one pack of `kPack`, or, since a size need not be whole packs, less.
template <int kPack>
DEEPCACHE_GEN_DEVICE_CODE void add_weighted(const WeightedSumArguments& arguments, std::int64_t thread) {
  const std::int64_t begin = thread * kPack;
  if (begin + kPack <= arguments.size) {
    store_pack<kPack>(arguments.output + begin, weighted_pack<kPack>(arguments, begin));
    return;
  }
  for (std::int64_t i = begin; i < arguments.size; ++i) {
    store_pack<1>(arguments.output + i, weighted_pack<1>(arguments, i));
  }
}

}  // namespace deepcache_gen
