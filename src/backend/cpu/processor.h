#pragma once

namespace deepcache_gen {

/// Whether bfloat16 is multiplied by this processor (AVX512-BF16; every processor with AMX has it too) and used by
/// oneDNN (ONEDNN_MAX_CPU_ISA can forbid it), so that computing in it is faster than in float32.
bool processor_has_bfloat16();

/// Whether this processor has AVX-512, for which oneDNN has other layers than for AVX2.
bool processor_has_avx512();

}  // namespace deepcache_gen
