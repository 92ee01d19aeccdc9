#include "backend/cuda/graph_capture.h"

#include <c10/cuda/CUDAException.h>

#include <type_traits>

namespace deepcache_gen {
namespace {

struct GraphDeletion {
  void operator()(cudaGraph_t graph) const { cudaGraphDestroy(graph); }
};
using OwnedGraph = std::unique_ptr<std::remove_pointer_t<cudaGraph_t>, GraphDeletion>;

}  // namespace

// The pool first: between the two the allocator must not ask for events of a stream that is captured already. Other
// threads, which have streams of their own, may do what they like meanwhile.
GraphCapture::GraphCapture(cudaStream_t stream, GraphPool& pool) : stream_(stream), pool_(pool) {
  pool_.begin(stream_);
  const cudaError_t error = cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal);
  if (error == cudaSuccess) return;
  pool_.end();
  C10_CUDA_CHECK(error);
}

GraphCapture::~GraphCapture() {
  if (!is_running_) return;
  cudaGraph_t graph = nullptr;
  end(&graph);
  const OwnedGraph dropped(graph);
  cudaGetLastError();  // lest the next check of anything reports what failed here
}

cudaGraphExec_t GraphCapture::finish() {
  cudaGraph_t graph = nullptr;
  const cudaError_t error = end(&graph);
  const OwnedGraph owned(graph);
  C10_CUDA_CHECK(error);
  cudaGraphExec_t executable = nullptr;
  C10_CUDA_CHECK(cudaGraphInstantiate(&executable, graph, 0));
  return executable;
}

cudaError_t GraphCapture::end(cudaGraph_t* graph) {
  is_running_ = false;
  const cudaError_t error = cudaStreamEndCapture(stream_, graph);
  pool_.end();
  return error;
}

}  // namespace deepcache_gen
