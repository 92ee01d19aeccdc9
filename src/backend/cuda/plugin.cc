#include <c10/cuda/CUDAStream.h>

#include <cstring>

#include "backend/cuda/device_operators.h"
#include "backend/cuda/graph_recorder.h"
#include "backend/cuda/plugin_library.h"
#include "backend/cuda_plugin_identity.h"

namespace deepcache_gen {
namespace {

class Plugin : public CudaPlugin {
 public:
  const FusedOperators& operators() const override { return operators_; }
  std::unique_ptr<Recorder> make_recorder(c10::Device device) const override {
    return std::make_unique<GraphRecorder>(c10::cuda::getCurrentCUDAStream(device.index()));
  }

 private:
  DeviceOperators operators_;
};

}  // namespace
}  // namespace deepcache_gen

// What the program asks for, by this name (plugin_library.h).
extern "C" const deepcache_gen::CudaPlugin* deepcache_gen_cuda_plugin(const char* identity) {
  if (std::strcmp(identity, deepcache_gen::kCudaPluginIdentity) != 0) return nullptr;
  static const deepcache_gen::Plugin plugin;
  return &plugin;
}
