#pragma once

#include <string>

namespace deepcache_gen {

/// The CUDA devices that can be used, and if there are none, why.
struct CudaDevices {
  int count = 0;
  std::string problem;  ///< empty when count > 0
};

/// What a user can do about LibTorch's CUDA library not being opened: `loader_message` (dlerror) names the library that
/// is missing, which may be one that it needs, or says what else is wrong.
std::string cuda_library_problem(const std::string& loader_message);

/// Looks for CUDA devices. The program does not link LibTorch's CUDA library, so that it starts quickly and runs where
/// no driver is installed; the first call opens the library when the machine has a driver: of
/// `$DEEPCACHE_GEN_LIBTORCH`, or the loader's, or the user's (`find_cuda_library_file`).
CudaDevices find_cuda_devices();

}  // namespace deepcache_gen
