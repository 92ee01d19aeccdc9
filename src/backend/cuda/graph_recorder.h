#pragma once

#include <c10/cuda/CUDAStream.h>

#include "backend/cuda/graph_pool.h"
#include "backend/recorder.h"

namespace deepcache_gen {

/// Takes down what a CUDA stream is given as graphs.
class GraphRecorder : public Recorder {
 public:
  /// Throws `Error` for a device's default stream, which can't be captured.
  explicit GraphRecorder(c10::cuda::CUDAStream stream);
  std::unique_ptr<Recording> record(const std::function<void()>& work) override;

 private:
  c10::cuda::CUDAStream stream_;
  std::shared_ptr<GraphPool> pool_;
};

}  // namespace deepcache_gen
