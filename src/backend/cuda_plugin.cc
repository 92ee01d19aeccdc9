#include "backend/cuda_plugin.h"
namespace deepcache_gen {
const CudaPlugin* cuda_plugin(std::string*) { return nullptr; }
}  // namespace deepcache_gen
