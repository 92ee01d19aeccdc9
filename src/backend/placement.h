#pragma once

#include <c10/core/Device.h>
#include <c10/core/ScalarType.h>

#include <string>

#include "backend/execution_options.h"

namespace deepcache_gen {

/// Where a module lives and in which floating-point type it computes.
struct Placement {
  c10::Device device;
  c10::ScalarType dtype;
};

/// Resolves what the user asked for on this machine. `stored_dtype` is the model's: float32, float16 or bfloat16. On
/// the CPU `auto` computes in bfloat16 where that is faster, in float32 elsewhere; on a GPU in the stored type. Throws
/// `UsageError` for a device or dtype that does not exist or is not to be had here.
Placement resolve_placement(const ExecutionOptions& options, const std::string& stored_dtype);

/// cpu or cuda:N.
std::string device_name(const Placement& placement);
/// fp32, fp16 or bf16.
std::string dtype_name(const Placement& placement);

}  // namespace deepcache_gen
