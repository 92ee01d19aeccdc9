#pragma once

#include <ATen/cuda/CUDAGraph.h>

#include <memory>

namespace deepcache_gen {

/// Memory of LibTorch's allocator that is set apart for recorded work. It goes back, for the allocator to give away
/// again, with the last one that holds this.
class GraphPool {
 public:
  explicit GraphPool(c10::DeviceIndex device);
  ~GraphPool();
  GraphPool(const GraphPool&) = delete;
  GraphPool& operator=(const GraphPool&) = delete;

  /// From then on what is allocated on `stream` comes from here, until `end`. One at a time.
  void begin(cudaStream_t stream);
  void end();

 private:
  c10::DeviceIndex device_;
  at::cuda::MempoolId_t id_;
};

}  // namespace deepcache_gen
