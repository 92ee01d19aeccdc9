#pragma once

namespace deepcache_gen {

/// The threads of a block as a team (lone_thread.h); for CUDA sources only.
class ThreadBlock {
 public:
  static constexpr int kStripe = 16;
  __device__ int rank() const { return static_cast<int>(threadIdx.x); }
  __device__ int size() const { return static_cast<int>(blockDim.x); }
  __device__ void wait() const { __syncthreads(); }
  /// Only the threads of the stripe need come here together.
  __device__ float stripe_sum(float number) const {
    const unsigned stripe = ((1U << kStripe) - 1) << (threadIdx.x % 32 / kStripe * kStripe);
    for (int distance = kStripe / 2; distance > 0; distance /= 2) number += __shfl_xor_sync(stripe, number, distance);
    return number;
  }
};

}  // namespace deepcache_gen
