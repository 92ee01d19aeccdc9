#pragma once

#include <filesystem>
#include <string>

namespace deepcache_gen {

/// A file that keeps what was said, each line with its time and level. Several processes may append to one file: a line
/// is written at once.
class LogFile {
 public:
  /// Opens the file for appending. Throws `Error` where that can't be done.
  explicit LogFile(const std::filesystem::path& file);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  /// Appends `2026-11-25T09:10:11+0100 LEVEL TEXT`, the text `printable`. A full disk is no reason to stop the work:
  /// what can't be written is lost.
  void write(const std::string& level, const std::string& text) const;

 private:
  int fd_;
};

}  // namespace deepcache_gen
