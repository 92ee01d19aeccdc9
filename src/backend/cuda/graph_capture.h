#pragma once

#include <cuda_runtime_api.h>

#include "backend/cuda/graph_pool.h"

namespace deepcache_gen {

/// While it lives, what is given to a stream is taken down and not done, and what is allocated for that comes from a
/// pool. LibTorch's own `CUDAGraph` leaves its allocator in that state when a capture fails; this one ends it in any
/// case.
class GraphCapture {
 public:
  /// Throws what LibTorch throws for CUDA's errors, as all here.
  GraphCapture(cudaStream_t stream, GraphPool& pool);
  /// Drops what was taken down, if `finish` was not reached; the stream works as before then.
  ~GraphCapture();
  GraphCapture(const GraphCapture&) = delete;
  GraphCapture& operator=(const GraphCapture&) = delete;

  /// Ends it, and makes what was taken down ready to be launched.
  cudaGraphExec_t finish();

 private:
  cudaError_t end(cudaGraph_t* graph);

  cudaStream_t stream_;
  GraphPool& pool_;
  bool is_running_ = true;
};

}  // namespace deepcache_gen
