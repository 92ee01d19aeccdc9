#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

namespace deepcache_gen {

/// Tensors by name: what the format calls their dtype, and their sizes.
using NamedSizes = std::map<std::string, std::pair<std::string, std::vector<std::int64_t>>>;

/// The content of a safetensors file with these tensors of zeros. dtypes: F16, BF16, F32.
inline std::string header_file(const NamedSizes& tensors, const std::map<std::string, std::string>& metadata = {}) {
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::uint64_t end = 0;
  for (const auto& [name, tensor] : tensors) {
    std::uint64_t bytes = tensor.first == "F32" ? 4 : 2;
    for (const std::int64_t size : tensor.second) bytes *= static_cast<std::uint64_t>(size);
    header[name] = {{"dtype", tensor.first}, {"shape", tensor.second}, {"data_offsets", {end, end + bytes}}};
    end += bytes;
  }
  const std::string text = header.dump();
  std::string content;
  for (int i = 0; i < 8; ++i) content += static_cast<char>(text.size() >> 8 * i);
  return content + text + std::string(end, '\0');
}

}  // namespace deepcache_gen
