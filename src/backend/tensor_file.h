#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/ScalarType.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "backend/archive/safetensors_header.h"

namespace deepcache_gen {

/// What is known of a tensor of a file before its numbers are looked at.
struct TensorHeader {
  c10::ScalarType dtype;
  std::vector<std::int64_t> sizes;
};

/// A safetensors file, read once as a whole, so that what was hashed is what is used. It is a stranger's: the names are
/// any text, the numbers may be NaN.
class TensorFile {
 public:
  /// Larger ones are refused: they are whole models.
  static constexpr std::size_t kLargest = std::size_t{4} << 30;

  /// Throws `Error` naming the file where it is no regular file, has more than `most` bytes, is no safetensors file or
  /// has a dtype that LibTorch has not.
  explicit TensorFile(const std::filesystem::path& file, std::size_t most = kLargest);

  const std::string& sha256() const { return sha256_; }
  /// Texts of whoever wrote the file.
  const std::map<std::string, std::string>& metadata() const { return header_.metadata; }
  /// All tensors by their names.
  const std::map<std::string, TensorHeader>& headers() const { return headers_; }
  /// A tensor on the CPU, a view of what was read, which it keeps alive; it must not be written to. Throws `Error`
  /// naming the file where it has none of that name.
  at::Tensor tensor(const std::string& name) const;

 private:
  std::filesystem::path file_;
  std::shared_ptr<const std::string> bytes_;
  std::string sha256_;
  SafetensorsHeader header_;
  std::map<std::string, TensorHeader> headers_;
};

}  // namespace deepcache_gen
