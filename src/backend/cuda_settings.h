#pragma once

#include "backend/execution_options.h"
#include "backend/placement.h"

namespace deepcache_gen {

/// Sets how LibTorch multiplies on the GPU of `placement`, for the whole process; nothing to do on the CPU. A model in
/// float32 is multiplied in full precision, which is not LibTorch's default for convolutions, or with `tf32` in
/// TensorFloat-32; in other models, what is kept in float32 may be convolved in that too. cuDNN takes the same,
/// deterministic algorithms in every run, so that the same command makes the same bytes, or with `cudnn_benchmark` the
/// fastest when it first meets a shape. Throws `UsageError` where `tf32` is asked for anything but float32 on a GPU, or
/// `cudnn_benchmark` for the CPU.
void apply_cuda_settings(const Placement& placement, const ExecutionOptions& options);

/// Whether convolutions run on a GPU's tensor cores, which read images channels-last: in 16 bits, and in float32 under
/// the setting above.
bool convolves_on_tensor_cores(const Placement& placement);

}  // namespace deepcache_gen
