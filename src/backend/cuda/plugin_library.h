#pragma once

#include <string>

#include "backend/cuda_plugin.h"

namespace deepcache_gen {

/// The file of the plugin, and the C function that it exports: it returns the plugin, or null for another identity than
/// the one that it was built with (cuda_plugin_identity.h).
inline constexpr const char* kPluginLibrary = "libdeepcache_gen_cuda.so";
inline constexpr const char* kPluginFunction = "deepcache_gen_cuda_plugin";
using PluginFunction = const CudaPlugin* (*)(const char* identity);

struct OpenedPlugin {
  const CudaPlugin* plugin = nullptr;
  std::string problem;  ///< why there is none, in one line; empty if there is
};

/// Opens that library, which must be a path or be found by the loader as libraries of the program are, and asks it for
/// its plugin. LibTorch's CUDA library must have been opened before. It stays open.
OpenedPlugin open_plugin(const char* library, const char* identity);

}  // namespace deepcache_gen
