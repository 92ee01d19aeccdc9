#include "backend/cuda_plugin.h"

#include <dlfcn.h>

#include "backend/cuda/plugin_library.h"
#include "backend/cuda_library.h"
#include "backend/cuda_plugin_identity.h"

namespace deepcache_gen {
namespace {

OpenedPlugin open_our_plugin() {
  const CudaDevices devices = find_cuda_devices();
  if (devices.count == 0) return {nullptr, devices.problem};
  return open_plugin(kPluginLibrary, kCudaPluginIdentity);
}

}  // namespace

OpenedPlugin open_plugin(const char* library, const char* identity) {
  void* const handle = ::dlopen(library, RTLD_NOW);
  if (handle == nullptr) return {nullptr, std::string("our CUDA kernels can't be opened: ") + ::dlerror()};
  void* const function = ::dlsym(handle, kPluginFunction);
  const CudaPlugin* const plugin = function == nullptr ? nullptr : reinterpret_cast<PluginFunction>(function)(identity);
  if (plugin != nullptr) return {plugin, ""};
  return {nullptr, std::string(library) + " is of another build than this program; build and install both together"};
}

const CudaPlugin* cuda_plugin(std::string* problem) {
  static const OpenedPlugin opened = open_our_plugin();
  if (problem != nullptr) *problem = opened.problem;
  return opened.plugin;
}

}  // namespace deepcache_gen
