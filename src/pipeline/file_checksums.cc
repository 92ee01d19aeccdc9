#include "pipeline/file_checksums.h"

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "support/file_content.h"
#include "support/sha256.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kLargestTensorFile = std::size_t{4} << 30;

// Behind the length of the header, eight bytes of a little-endian number, and the header itself.
std::string checksum_of_tensors(std::string_view content) {
  std::uint64_t header = 0;
  if (content.size() < sizeof header) return "";
  std::memcpy(&header, content.data(), sizeof header);
  if (header > content.size() - sizeof header) return "";
  return sha256_of(content.substr(sizeof header + header));
}

}  // namespace

const FileChecksum& FileChecksums::of(const std::filesystem::path& file) {
  // Taken before it is read: what changes meanwhile is read again the next time.
  const std::optional<FileState> state = file_state(file);
  const auto found = known_.find(file);
  if (found != known_.end() && state == found->second.state) return found->second.checksum;
  const std::string content = read_regular_file(file, kLargestTensorFile);
  Known& known = known_[file] = {state.value_or(FileState{}), {sha256_of(content), checksum_of_tensors(content)}};
  return known.checksum;
}

}  // namespace deepcache_gen
