#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// A tensor as the header of a safetensors file tells of it.
struct StoredTensor {
  std::string dtype;                ///< as the format names it: "F16", "BF16", "F32", ...
  std::vector<std::int64_t> sizes;  ///< none of a single number
  std::uint64_t first = 0;          ///< of its bytes, counted from the first that follows the header
  std::uint64_t bytes = 0;
};

/// The header of a safetensors file (github.com/huggingface/safetensors, "Format"), checked as that library does: the
/// bytes of the tensors follow each other without holes or overlap, fit their shapes and end where the file does.
struct SafetensorsHeader {
  std::map<std::string, std::string> metadata;  ///< a stranger's text
  std::map<std::string, StoredTensor> tensors;
  std::uint64_t size = 0;  ///< bytes of the file before those of the tensors
};

/// Bytes that the number before a header takes, which says how long it is.
inline constexpr std::size_t kSafetensorsStart = 8;

/// How many bytes the header takes with the number before it. `start`: the first `kSafetensorsStart` bytes of a file of
/// `file_size` bytes. Throws `Error` where it is longer than the file or than the format's 100 MB.
std::uint64_t safetensors_header_size(std::string_view start, std::uint64_t file_size);

/// Reads the header at the start of a file of `file_size` bytes. `start`: at least `safetensors_header_size` bytes of
/// it. Throws `Error` saying what is wrong; whose it is, the caller adds.
SafetensorsHeader parse_safetensors_header(std::string_view start, std::uint64_t file_size);

/// The header of a file; nothing else of it is read. Throws `Error` naming the file, also where it is no regular one.
SafetensorsHeader read_safetensors_header(const std::filesystem::path& file);

}  // namespace deepcache_gen
