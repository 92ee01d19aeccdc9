#include "backend/cuda_library_file.h"

#include <cstdlib>
#include <fstream>
#include <vector>

#include "support/user_folder.h"

namespace deepcache_gen {
namespace {

using LibraryPath = std::filesystem::path;

constexpr const char* kVariable = "DEEPCACHE_GEN_LIBTORCH";
constexpr const char* kCudaLibrary = "libtorch_cuda.so";

// Where a folder that somebody calls LibTorch's may have the libraries.
std::vector<LibraryPath> library_folders(const LibraryPath& folder) {
  std::vector<LibraryPath> folders{folder, folder / "lib", folder / "torch/lib"};
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "lib", error)) {
    if (entry.path().filename().string().starts_with("python3")) {
      folders.push_back(entry.path() / "site-packages/torch/lib");
    }
  }
  return folders;
}

std::optional<LibraryPath> library_below(const LibraryPath& folder) {
  std::error_code error;
  for (const LibraryPath& candidate : library_folders(folder)) {
    if (std::filesystem::exists(candidate / kCudaLibrary, error)) {
      return std::filesystem::absolute(candidate / kCudaLibrary);
    }
  }
  return {};
}

// The wheel says it in a line of Python, `__version__ = '2.11.0+cu130'`, LibTorch's archive in a file of its own.
std::optional<std::string> version_of(const LibraryPath& library) {
  const LibraryPath torch = library.parent_path().parent_path();
  std::string word;
  std::ifstream build_version(torch / "build-version");
  if (build_version >> word) return word.substr(0, word.find('+'));
  std::ifstream python(torch / "version.py");
  for (std::string line; std::getline(python, line);) {
    const std::size_t quote = line.find('\'');
    if (line.starts_with("__version__ = ") && quote != std::string::npos) {
      return line.substr(quote + 1, line.find_first_of("+'", quote + 1) - quote - 1);
    }
  }
  return {};
}

CudaLibraryFile checked(const LibraryPath& library, const std::string& version) {
  const std::optional<std::string> found = version_of(library);
  if (!found || *found == version) return {library, ""};
  return {library, library.string() + " is of torch " + *found + ", and this program runs with " + version +
                       ": install torch==" + version + " there"};
}

}  // namespace

bool names_libtorch() {
  const char* const value = std::getenv(kVariable);
  return value != nullptr && *value != '\0';
}

std::optional<CudaLibraryFile> find_cuda_library_file(const std::string& version) {
  if (names_libtorch()) {
    const LibraryPath folder = std::getenv(kVariable);
    if (const auto library = library_below(folder)) return checked(*library, version);
    return CudaLibraryFile{{},
                           std::string(kVariable) + "='" + folder.string() + "' has no " + kCudaLibrary +
                               "; it must lead to a Python environment with torch " + version + " for CUDA"};
  }
  const auto data = user_folder("XDG_DATA_HOME", ".local/share");
  const auto library = data ? library_below(*data / "venv") : std::nullopt;
  return library ? std::optional(checked(*library, version)) : std::nullopt;
}

}  // namespace deepcache_gen
