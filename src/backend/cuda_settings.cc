#include "backend/cuda_settings.h"

#include <ATen/Context.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr c10::ScalarType kFloat32 = c10::ScalarType::Float;

void require_a_gpu(const Placement& placement) {
  if (!placement.device.is_cpu()) return;
  UsageError error("--cudnn-benchmark",
                   "--cudnn-benchmark: is for a GPU, and this is the CPU; leave it out, or give --device cuda");
  error.add_flag("--device");
  throw error;
}

void require_float32_on_a_gpu(const Placement& placement) {
  if (!placement.device.is_cpu() && placement.dtype == kFloat32) return;
  UsageError error("--tf32", "--tf32: is for fp32 on a GPU, and this is " + dtype_name(placement) + " on " +
                                 device_name(placement) + "; leave it out, or give --device cuda and --dtype fp32");
  for (const char* flag : {"--device", "--dtype"}) error.add_flag(flag);
  throw error;
}

}  // namespace

void apply_cuda_settings(const Placement& placement, const ExecutionOptions& options) {
  if (options.tf32) require_float32_on_a_gpu(placement);
  if (options.cudnn_benchmark) require_a_gpu(placement);
  if (placement.device.is_cpu()) return;
  at::Context& context = at::globalContext();
  // These two keep LibTorch's older and newer flags for the same thing together; its CUDA library reads both, and
  // refuses to work where they differ.
  context.setAllowTF32CuBLAS(options.tf32);
  context.setAllowTF32CuDNN(options.tf32 || placement.dtype != kFloat32);
  context.setBenchmarkCuDNN(options.cudnn_benchmark);
  context.setDeterministicCuDNN(!options.cudnn_benchmark);
}

bool convolves_on_tensor_cores(const Placement& placement) {
  if (placement.device.is_cpu()) return false;
  return placement.dtype != kFloat32 || at::globalContext().allowTF32CuDNN(at::Float32Op::CONV);
}

}  // namespace deepcache_gen
