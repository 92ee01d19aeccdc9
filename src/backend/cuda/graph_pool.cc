#include "backend/cuda/graph_pool.h"

#include <c10/cuda/CUDACachingAllocator.h>

namespace deepcache_gen {

namespace allocator = c10::cuda::CUDACachingAllocator;

// The allocator counts who uses a pool, and one that nobody uses may not be used again: this object is a user, whatever
// recordings come and go.
GraphPool::GraphPool(c10::DeviceIndex device) : device_(device), id_(at::cuda::graph_pool_handle()) {
  allocator::beginAllocateToPool(device_, id_, [](cudaStream_t) { return false; });
  allocator::endAllocateToPool(device_, id_);
}

GraphPool::~GraphPool() { allocator::releasePool(device_, id_); }

void GraphPool::begin(cudaStream_t stream) {
  allocator::beginAllocateToPool(device_, id_, [stream](cudaStream_t other) { return other == stream; });
}

void GraphPool::end() {
  allocator::endAllocateToPool(device_, id_);
  allocator::releasePool(device_, id_);  // what `begin` counted
}

}  // namespace deepcache_gen
