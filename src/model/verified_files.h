#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "support/file_state.h"

namespace deepcache_gen {

/// Which files of a model folder had their SHA-256 when a run read them, kept in the user's cache folder, so that later
/// runs need not read gigabytes for it again. As in git's index, a file counts until its size, inode or a time of
/// change is another; damage that leaves those alone, a disk's, only reading shows. Nothing fails where nothing can be
/// kept.
class VerifiedFiles {
 public:
  /// What earlier runs kept of the folder.
  explicit VerifiedFiles(const std::filesystem::path& folder);

  /// Whether the file `name`, which is in this state, had this SHA-256 when it was in the same.
  bool contain(const std::string& name, const std::string& sha256, const FileState& state) const;

  /// Notes that the file `name` has this SHA-256 in this state. Not if it changed within two seconds before `now`: file
  /// systems count time in steps, and another change in the same step would not show. Nor where the clock is behind it.
  void add(const std::string& name, const std::string& sha256, const FileState& state, std::chrono::nanoseconds now);

  /// Keeps what was added for later runs.
  void save() const;

 private:
  std::optional<std::filesystem::path> record_;
  std::map<std::string, std::string> entries_;  // by name: checksum and state
  bool has_news_ = false;
};

}  // namespace deepcache_gen
