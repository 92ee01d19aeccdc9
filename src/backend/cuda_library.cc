#include "backend/cuda_library.h"

#include <ATen/Context.h>
#include <dlfcn.h>
#include <torch/headeronly/version.h>

#include "backend/cuda_library_file.h"

namespace deepcache_gen {
namespace {

constexpr const char* kLoadersName = "libtorch_cuda.so";

// Opening it registers the CUDA operators and hooks; both must happen before LibTorch is first asked for them.
bool open_library(const std::string& library) { return dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) != nullptr; }

// Returns what is wrong, or nothing.
std::string open_cuda_library() {
  std::string missing;
  if (!names_libtorch()) {
    if (open_library(kLoadersName)) return "";
    missing = cuda_library_problem(dlerror());
  }
  const std::optional<CudaLibraryFile> found = find_cuda_library_file(TORCH_VERSION);
  if (!found) return missing;
  if (!found->problem.empty()) return found->problem;
  return open_library(found->file) ? "" : cuda_library_problem(dlerror());
}

}  // namespace

std::string cuda_library_problem(const std::string& loader_message) {
  const std::size_t end = loader_message.find(": cannot open shared object file");
  if (end == std::string::npos) return "LibTorch's CUDA library can't be opened: " + loader_message;
  return "a library for CUDA devices is missing, " + loader_message.substr(0, end) +
         "; scripts/setup/ensure cuda installs them, and an installed program finds them in a Python environment that "
         "DEEPCACHE_GEN_LIBTORCH leads to (docs/installing.md, 'A GPU')";
}

CudaDevices find_cuda_devices() {
  if (dlopen("libcuda.so.1", RTLD_LAZY | RTLD_GLOBAL) == nullptr) {
    return {0, "no NVIDIA driver was found on this machine (libcuda.so.1)"};
  }
  if (const std::string problem = open_cuda_library(); !problem.empty()) return {0, problem};
  const int count = at::globalContext().hasCUDA() ? at::detail::getCUDAHooks().getNumGPUs() : 0;
  if (count == 0) return {0, "the NVIDIA driver reports no usable CUDA device"};
  return {count, ""};
}

}  // namespace deepcache_gen
