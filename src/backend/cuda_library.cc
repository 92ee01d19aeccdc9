#include "backend/cuda_library.h"

#include <ATen/Context.h>
#include <dlfcn.h>

namespace deepcache_gen {

std::string cuda_library_problem(const std::string& loader_message) {
  const std::size_t end = loader_message.find(": cannot open shared object file");
  if (end == std::string::npos) return "LibTorch's CUDA library can't be opened: " + loader_message;
  return "a library for CUDA devices is missing, " + loader_message.substr(0, end) +
         "; scripts/setup/ensure cuda installs them, and for an installed program LD_LIBRARY_PATH must lead to them "
         "(README, 'Debian package')";
}

CudaDevices find_cuda_devices() {
  if (dlopen("libcuda.so.1", RTLD_LAZY | RTLD_GLOBAL) == nullptr) {
    return {0, "no NVIDIA driver was found on this machine (libcuda.so.1)"};
  }
  // Opening it registers the CUDA operators and hooks; both must happen before LibTorch is first asked for them.
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    return {0, cuda_library_problem(dlerror())};
  }
  const int count = at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
  if (count == 0) return {0, "the NVIDIA driver reports no usable CUDA device"};
  return {count, ""};
}

}  // namespace deepcache_gen
