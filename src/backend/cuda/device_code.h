#pragma once

#include <cmath>

/// Before a function that runs on a GPU, and compiled by another compiler also on the CPU, where it is tested; and
/// before a loop whose variables are to become registers there.
#ifdef __CUDACC__
#define DEEPCACHE_GEN_DEVICE_CODE __device__ __forceinline__
#define DEEPCACHE_GEN_UNROLLED _Pragma("unroll")
#else
#define DEEPCACHE_GEN_DEVICE_CODE inline
#define DEEPCACHE_GEN_UNROLLED
#endif

namespace deepcache_gen {

/// e to the power of `x`, to some units in the last place, as all below.
DEEPCACHE_GEN_DEVICE_CODE float exponential(float x) {
#ifdef __CUDA_ARCH__
  return __expf(x);
#else
  return std::exp(x);
#endif
}

/// `dividend / divisor`; 0 where the divisor is beyond 2^126.
DEEPCACHE_GEN_DEVICE_CODE float quotient(float dividend, float divisor) {
#ifdef __CUDA_ARCH__
  return __fdividef(dividend, divisor);
#else
  return dividend / divisor;
#endif
}

/// 1 / sqrt(x).
DEEPCACHE_GEN_DEVICE_CODE float inverse_root(float x) {
#ifdef __CUDA_ARCH__
  return rsqrtf(x);
#else
  return 1.0F / std::sqrt(x);
#endif
}

/// The error function.
DEEPCACHE_GEN_DEVICE_CODE float error_function(float x) { return erff(x); }

/// x * sigmoid(x): SiLU (Elfwing et al., arXiv 1702.03118).
DEEPCACHE_GEN_DEVICE_CODE float silu(float x) { return quotient(x, 1.0F + exponential(-x)); }

/// x times the share of the standard normal distribution below x: the exact GELU (Hendrycks and Gimpel,
/// arXiv 1606.08415).
DEEPCACHE_GEN_DEVICE_CODE float gelu(float x) {
  constexpr float kRootOfHalf = 0.70710678F;
  return 0.5F * x * (1.0F + error_function(x * kRootOfHalf));
}

}  // namespace deepcache_gen
