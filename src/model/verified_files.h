#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace deepcache_gen {

/// Which files of a model folder had their SHA-256 when a run read them, kept in the user's cache folder, so that later
/// runs need not read gigabytes for it again. As in git's index, a file counts until its size, inode or a time of
/// change is another; damage that leaves those alone, a disk's, only reading shows. Nothing fails where nothing can be
/// kept.
class VerifiedFiles {
 public:
  /// What earlier runs kept of the folder.
  explicit VerifiedFiles(std::filesystem::path folder);

  /// Whether the file `name` had this SHA-256 and has not changed since.
  bool contain(const std::string& name, const std::string& sha256) const;

  /// The state of the file `name`, to be taken before it is read. Nothing if it changed within the last two seconds:
  /// file systems count time in steps, and another change in the same step would not show.
  std::optional<std::string> settled_state(const std::string& name) const;

  /// Notes that the file `name` has this SHA-256, unless it changed since `state`.
  void add(const std::string& name, const std::string& sha256, const std::optional<std::string>& state);

  /// Keeps what was added for later runs.
  void save() const;

 private:
  std::filesystem::path folder_;
  std::optional<std::filesystem::path> record_;
  std::map<std::string, std::string> entries_;  // by name: checksum and state
  bool has_news_ = false;
};

}  // namespace deepcache_gen
