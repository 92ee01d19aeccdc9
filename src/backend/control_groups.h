#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

namespace deepcache_gen {

/// What the control groups that this process is in leave it, as a container or a service manager set them: the group
/// itself and every one above it that can be seen. Both versions of Linux's cgroups, alone or side by side (Linux,
/// admin-guide/cgroup-v2 and cgroup-v1). What no group limits is unset.
class ControlGroups {
 public:
  /// Finds the groups. `root` holds `proc/self` and the folders that its mountinfo names.
  explicit ControlGroups(const std::filesystem::path& root = "/");

  /// Processors' worth of time, mostly a fraction: the smallest quota divided by its period.
  std::optional<double> processors() const;
  /// Bytes: the smallest limit.
  std::optional<std::int64_t> memory_limit() const;
  /// Bytes that can still be taken: the least that a group has left of its limit, where pages of files that the kernel
  /// can drop count as not used. Not below 0.
  std::optional<std::int64_t> free_memory() const;

 private:
  // From the group itself upwards; version 2, and what version 1 has of the two controllers.
  std::vector<std::filesystem::path> unified_, cpu_, memory_;
};

}  // namespace deepcache_gen
