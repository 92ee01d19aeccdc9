#include "backend/cpu/processor.h"

#include <ATen/cpu/Utils.h>
#include <ATen/ops/zeros.h>

#include <exception>

#include "backend/cpu/packed_linear.h"

namespace deepcache_gen {
namespace {

bool instructions_are_there() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16");
#else
  return false;
#endif
}

// oneDNN does not say what it was forbidden; it refuses.
bool library_computes() {
  try {
    const at::Tensor matrix = at::zeros({16, 16}, at::kBFloat16);
    PackedLinear(matrix, std::nullopt).run(matrix);
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

// AVX512-FP16 came to Intel's servers with AMX.
bool was_built_with_amx() {
#if defined(__x86_64__)
  return __builtin_cpu_is("intel") && __builtin_cpu_supports("avx512fp16");
#else
  return false;
#endif
}

}  // namespace

bool processor_has_bfloat16() {
  static const bool has = instructions_are_there() && library_computes();
  return has;
}

bool bfloat16_is_faster() {
  static const bool is_faster = processor_has_bfloat16() && (at::cpu::init_amx() || !was_built_with_amx());
  return is_faster;
}

bool processor_has_avx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

}  // namespace deepcache_gen
