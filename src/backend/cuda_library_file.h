#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace deepcache_gen {

/// LibTorch's CUDA library somewhere below a folder that a user named or that set-up fills, or why it can't be used.
struct CudaLibraryFile {
  std::filesystem::path file;
  std::string problem;  ///< empty where `file` can be opened
};

/// The library that an installed program opens where the loader's path has none: in `$DEEPCACHE_GEN_LIBTORCH`, else in
/// the Python environment `venv` of the user's data folder, where there is one with a `libtorch_cuda.so`. The folder is
/// an environment, its site-packages, torch in it or the folder of the libraries. `version` is that of the LibTorch
/// that the program runs with: another one's library would crash it and is a problem. Nothing where the variable is
/// unset and the environment has no such library.
std::optional<CudaLibraryFile> find_cuda_library_file(const std::string& version);

/// Whether the user says by `$DEEPCACHE_GEN_LIBTORCH` where the library is.
bool names_libtorch();

}  // namespace deepcache_gen
