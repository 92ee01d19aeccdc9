#pragma once

#include <cuda_runtime_api.h>

#include "backend/cuda/geglu_block.h"
#include "backend/cuda/group_norm_block.h"
#include "backend/cuda/number_kind.h"
#include "backend/cuda/weighted_sum_block.h"

namespace deepcache_gen {

// What .cu files offer to the others. Each gives its kernels to `stream` of the current device, whose memory the
// arguments point to, and returns the error of that; a mistake in the arguments may show later only.

/// Threads of a block in all of them, at most.
inline constexpr int kBlockThreads = 256;
/// Blocks of a GroupNorm that a multiprocessor has at once, at least: with their loads on the way it is busy, and their
/// numbers have registers enough.
inline constexpr int kBlocksAtOnce = 3;

cudaError_t launch_group_norm(const GroupNormArguments<void>& arguments, NumberKind kind, cudaStream_t stream);
cudaError_t launch_geglu(const GegluArguments<void>& arguments, NumberKind kind, cudaStream_t stream);
cudaError_t launch_weighted_sum(const WeightedSumArguments& arguments, cudaStream_t stream);

}  // namespace deepcache_gen
