#pragma once

#include <ATen/core/Tensor.h>

#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace deepcache_gen {

/// The content of a safetensors file with these tensors, which are contiguous and on the CPU: float16, bfloat16,
/// float32, float64 or int64.
inline std::string safetensors_content(const std::map<std::string, at::Tensor>& tensors,
                                       const std::map<std::string, std::string>& metadata = {}) {
  const std::map<c10::ScalarType, const char*> dtypes{
      {at::kHalf, "F16"}, {at::kBFloat16, "BF16"}, {at::kFloat, "F32"}, {at::kDouble, "F64"}, {at::kLong, "I64"}};
  nlohmann::json header = nlohmann::json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  std::string data;
  for (const auto& [name, tensor] : tensors) {
    const std::size_t first = data.size();
    data.append(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
    header[name] = {{"dtype", dtypes.at(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {first, data.size()}}};
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string length;
  for (int i = 0; i < 8; ++i) length += static_cast<char>(text.size() >> 8 * i);
  return length + text + data;
}

}  // namespace deepcache_gen
