#include "backend/cuda/graph_recorder.h"

#include <ATen/Context.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>

#include <utility>

#include "backend/cuda/graph_capture.h"
#include "backend/foreign_errors.h"

namespace deepcache_gen {
namespace {

using c10::cuda::CUDAStream;

// A graph that is ready, and the memory that it works in.
class GraphRecording : public Recording {
 public:
  GraphRecording(cudaGraphExec_t graph, CUDAStream stream, std::shared_ptr<GraphPool> pool)
      : graph_(graph), stream_(stream), pool_(std::move(pool)) {}
  ~GraphRecording() override { C10_CUDA_CHECK_WARN(cudaGraphExecDestroy(graph_)); }
  GraphRecording(const GraphRecording&) = delete;
  GraphRecording& operator=(const GraphRecording&) = delete;

  void play() override {
    translate_foreign_errors("playing a recording on " + stream_.device().str(), [&] {
      const c10::cuda::CUDAGuard guard(stream_.device());
      C10_CUDA_CHECK(cudaGraphLaunch(graph_, stream_.stream()));
    });
  }

 private:
  cudaGraphExec_t graph_;
  CUDAStream stream_;
  std::shared_ptr<GraphPool> pool_;
};

// What the allocator has set by since the work was done as usual is of no use to a pool, and can't be given up during a
// capture.
void make_room(c10::DeviceIndex device) {
  namespace allocator = c10::cuda::CUDACachingAllocator;
  std::size_t free = 0, total = 0;
  C10_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  const auto stats = allocator::getDeviceStats(device);
  constexpr auto kAll = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
  const std::int64_t set_by = stats.reserved_bytes[kAll].current - stats.allocated_bytes[kAll].current;
  if (static_cast<std::int64_t>(free) < set_by) allocator::emptyCache();
}

cudaGraphExec_t captured(CUDAStream stream, GraphPool& pool, const std::function<void()>& work) {
  GraphCapture capture(stream.stream(), pool);
  work();
  return capture.finish();
}

CUDAStream capturable(CUDAStream stream) {
  at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);  // the allocator, if nothing was allocated so far
  if (stream != c10::cuda::getDefaultCUDAStream(stream.device_index())) return stream;
  throw Error("the default stream of " + stream.device().str() + " can't be recorded; work on another one");
}

}  // namespace

GraphRecorder::GraphRecorder(CUDAStream stream)
    : stream_(capturable(stream)), pool_(std::make_shared<GraphPool>(stream.device_index())) {}

std::unique_ptr<Recording> GraphRecorder::record(const std::function<void()>& work) {
  return translate_foreign_errors("recording on " + stream_.device().str(), [&]() -> std::unique_ptr<Recording> {
    const c10::cuda::CUDAStreamGuard guard(stream_);
    make_room(stream_.device_index());
    auto recording = std::make_unique<GraphRecording>(captured(stream_, *pool_, work), stream_, pool_);
    return recording;
  });
}

}  // namespace deepcache_gen
