#include "pipeline/file_checksums.h"

#include <optional>

#include "backend/archive/safetensors_header.h"
#include "support/sha256.h"

namespace deepcache_gen {

const FileChecksum& FileChecksums::of(const std::filesystem::path& file) {
  // Taken before it is read: what changes meanwhile is read again the next time.
  const std::optional<FileState> state = file_state(file);
  const auto found = known_.find(file);
  if (found != known_.end() && state == found->second.state) return found->second.checksum;
  // What is no such file is not read in vain.
  const std::uint64_t header = read_safetensors_header(file).size;
  Known& known = known_[file] = {state.value_or(FileState{}), {sha256_of_file(file), sha256_of_file(file, header)}};
  return known.checksum;
}

}  // namespace deepcache_gen
