#pragma once

#include <cstdint>

#include "backend/cuda/pack.h"

namespace deepcache_gen {

/// Rows that lie one after the other.
template <typename Number>
struct GegluArguments {
  const Number* input;  ///< [rows, 2 * half]
  Number* output;       ///< [rows, half], apart from input
  std::int64_t rows;
  int half;
  int pack;     ///< numbers in an access to memory: a half has a whole number of packs, and both are aligned to them
  int columns;  ///< threads over a row's packs
  int lanes;    ///< rows of a block
  int threads;  ///< of a block
};

/// The same, where the type of numbers was not known.
template <typename Number>
GegluArguments<Number> of_numbers(const GegluArguments<void>& arguments) {
  return {static_cast<const Number*>(arguments.input),
          static_cast<Number*>(arguments.output),
          arguments.rows,
          arguments.half,
          arguments.pack,
          arguments.columns,
          arguments.lanes,
          arguments.threads};
}

/// What the `block`-th block does: `lanes` rows.
template <int kPack, typename Number, typename Team>
DEEPCACHE_GEN_DEVICE_CODE void gate_rows(const Team& team, const GegluArguments<Number>& arguments,
                                         std::int64_t block) {
  const int lane = team.rank() / arguments.columns;
  const std::int64_t row = block * arguments.lanes + lane;
  if (lane >= arguments.lanes || row >= arguments.rows) return;
  const Number* const values = arguments.input + row * 2 * arguments.half;
  const Number* const gates = values + arguments.half;
  Number* const output = arguments.output + row * arguments.half;
  for (int column = team.rank() % arguments.columns * kPack; column < arguments.half;
       column += arguments.columns * kPack) {
    const Pack<Number, kPack> value = load_pack<kPack>(values + column), gate = load_pack<kPack>(gates + column);
    Pack<Number, kPack> result;
    DEEPCACHE_GEN_UNROLLED
    for (int i = 0; i < kPack; ++i) {
      result.numbers[i] =
          static_cast<Number>(static_cast<float>(value.numbers[i]) * gelu(static_cast<float>(gate.numbers[i])));
    }
    store_pack<kPack>(output + column, result);
  }
}

}  // namespace deepcache_gen
