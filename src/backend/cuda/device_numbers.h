#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <type_traits>

#include "backend/cuda/number_kind.h"
#include "backend/cuda/pack.h"

namespace deepcache_gen {

/// `with_numbers` by the names of CUDA's compiler, and the pack that was chosen, as a number type: calls
/// `body(number pointer, std::integral_constant)`. For CUDA sources only.
template <typename Body>
void with_device_numbers(NumberKind kind, int pack, const Body& body) {
  with_numbers<float, __half, __nv_bfloat16>(kind, [&](auto* number) {
    if (pack == 1) return body(number, std::integral_constant<int, 1>());
    body(number, std::integral_constant<int, kWidestPack<std::remove_pointer_t<decltype(number)>>>());
  });
}

}  // namespace deepcache_gen
