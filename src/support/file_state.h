#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace deepcache_gen {

/// What tells, as in git's index, that a file is still the one that was read, without reading it again.
struct FileState {
  std::uint64_t device, inode, size;
  std::chrono::nanoseconds modified, changed;  ///< since 1970: its contents; these, its name or its rights

  bool operator==(const FileState&) const = default;
};

/// The state of what stat(2) looked at.
inline FileState file_state(const struct stat& status) {
  const auto since_epoch = [](const timespec& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  return {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
          static_cast<std::uint64_t>(status.st_size), since_epoch(status.st_mtim), since_epoch(status.st_ctim)};
}

/// The state of the file at `path`, nothing where there is none.
inline std::optional<FileState> file_state(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return {};
  return file_state(status);
}

}  // namespace deepcache_gen
