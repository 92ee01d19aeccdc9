#pragma once

#include <c10/core/Device.h>

#include <memory>
#include <string>

#include "backend/fused_operators.h"
#include "backend/recorder.h"

namespace deepcache_gen {

/// What we bring for CUDA devices ourselves: a shared library that is built where there is a CUDA toolkit
/// (backend/cuda/), and opened as LibTorch's own CUDA library is. Without it all works by LibTorch's means.
class CudaPlugin {
 public:
  virtual ~CudaPlugin() = default;
  virtual const FusedOperators& operators() const = 0;
  /// Of the calling thread's current stream on `device`, which must not be the default one.
  virtual std::unique_ptr<Recorder> make_recorder(c10::Device device) const = 0;
};

/// The plugin, opened when it is first asked for after `find_cuda_devices` found some; null where there is none, and
/// why is in `problem` if that is not null. A plugin of another build is refused.
const CudaPlugin* cuda_plugin(std::string* problem = nullptr);

}  // namespace deepcache_gen
