#pragma once

namespace deepcache_gen {

/// Whether bfloat16 is multiplied by this processor (AVX512-BF16; every processor with AMX has it too) and used by
/// oneDNN (ONEDNN_MAX_CPU_ISA can forbid it).
bool processor_has_bfloat16();

/// Whether computing in bfloat16 is faster than in float32 on this processor: with AMX, or where AVX512-BF16 is a unit
/// of its own. Intel's cores that were built with AMX multiply half as many bfloat16 numbers without it as float32
/// ones, and some virtual machines hide it.
bool bfloat16_is_faster();

/// Whether this processor has AVX-512, for which oneDNN has other layers than for AVX2.
bool processor_has_avx512();

}  // namespace deepcache_gen
