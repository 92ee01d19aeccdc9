#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>

#include "backend/lost_pages.h"
#include "support/file_descriptor.h"
#include "support/file_state.h"

namespace deepcache_gen {

/// A file as read-only memory: what is looked at is read, and the kernel keeps the pages for other processes too. Who
/// has read from it calls `check_unchanged` before he uses what he read.
class MappedFile {
 public:
  /// Throws `Error` naming the file where it can't be opened, is no regular file, or is in another state than
  /// `expected`.
  explicit MappedFile(const std::filesystem::path& file, const std::optional<FileState>& expected = {});
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::span<const std::byte> bytes() const { return {data_, size_}; }
  /// Throws `Error` where the file was written to or cut short since it was opened, or could not be read.
  void check_unchanged() const;
  /// Takes the pages that were looked at out of this process; looking at them again brings them back.
  void drop_pages() const;

 private:
  std::filesystem::path path_;
  FileDescriptor descriptor_;  ///< stays open: the name may be another file's by now
  FileState state_{};
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
  std::optional<LostPages> lost_pages_;
};

}  // namespace deepcache_gen
