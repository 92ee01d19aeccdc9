#include "backend/build_facts.h"

#include <ATen/Version.h>
#include <dlfcn.h>
#include <torch/headeronly/version.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "backend/control_groups.h"
#include "backend/cpu/processor.h"
#include "backend/cuda_library.h"
#include "backend/free_memory.h"
#include "backend/memory_advice.h"
#include "backend/memory_nodes.h"
#include "backend/threads.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

// What /proc/cpuinfo says under that name of the first processor.
std::string processor_entry(const std::string& name) {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with(name)) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

// Those that decide which kernels run.
std::string processor_features() {
  static constexpr std::array kDeciding{"avx2",        "avx512f",  "avx512_vnni", "avx512_bf16",
                                        "avx512_fp16", "amx_bf16", "amx_int8"};
  std::istringstream flags(processor_entry("flags"));
  std::string features;
  for (std::string flag; flags >> flag;) {
    if (std::find(kDeciding.begin(), kDeciding.end(), flag) == kDeciding.end()) continue;
    features += (features.empty() ? "" : " ") + flag;
  }
  return features;
}

// 13000 is 13.0.
std::string cuda_version(int number) {
  return std::to_string(number / 1000) + "." + std::to_string(number % 1000 / 10);
}

// What `function` of an opened library says; nothing where the library is not here.
template <class Answer>
std::string ask_library(const char* library, const char* function, Answer answer) {
  void* const handle = ::dlopen(library, RTLD_LAZY);
  if (handle == nullptr) return "not installed";
  void* const symbol = ::dlsym(handle, function);
  return symbol == nullptr ? "unknown" : answer(symbol);
}

std::string cuda_runtime() {
  return ask_library("libcudart.so.13", "cudaRuntimeGetVersion", [](void* symbol) {
    int version = 0;
    reinterpret_cast<int (*)(int*)>(symbol)(&version);
    return cuda_version(version);
  });
}

std::string cudnn() {
  return ask_library("libcudnn.so.9", "cudnnGetVersion", [](void* symbol) {
    const auto version = static_cast<int>(reinterpret_cast<std::size_t (*)()>(symbol)());
    return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
           std::to_string(version % 100);
  });
}

std::string memory_text(const std::optional<std::int64_t>& bytes) { return bytes ? gibibytes_text(*bytes) : "unknown"; }

}  // namespace

std::vector<std::pair<std::string, std::string>> build_facts() {
  const CudaDevices cuda = find_cuda_devices();
  const std::optional<double> quota = ControlGroups().processors();
  const DeviceMemory memory = device_memory(c10::Device(c10::DeviceType::CPU));
  return {
      {"libtorch", TORCH_VERSION},
      {"cuda", cuda_runtime()},
      {"cudnn", cudnn()},
      {"cuda_devices", cuda.count > 0 ? std::to_string(cuda.count) : "none: " + cuda.problem},
      {"processor", processor_entry("model name")},
      {"processor_features", processor_features()},
      {"cpu_kernels", at::get_cpu_capability()},
      {"cpu_dtype", bfloat16_is_faster() ? "bf16" : "fp32"},
      {"physical_cores", std::to_string(physical_core_count())},
      {"cpu_quota", quota ? number_text("%g", *quota) : "none"},
      {"threads", std::to_string(resolve_thread_count({}, 1).count)},
      {"memory_nodes", std::to_string(std::max<std::size_t>(1, memory_nodes_in_use().size()))},
      {"memory", memory_text(memory.total_bytes)},
      {"free_memory", memory_text(memory.free_bytes)},
  };
}

}  // namespace deepcache_gen
