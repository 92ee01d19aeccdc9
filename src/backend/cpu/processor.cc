#include "backend/cpu/processor.h"

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

}  // namespace

bool processor_has_bfloat16() {
  static const bool has = instructions_are_there() && library_computes();
  return has;
}

bool processor_has_avx512() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

}  // namespace deepcache_gen
