#pragma once

#include <cstddef>
#include <filesystem>

namespace deepcache_gen {

/// A file as read-only memory: what is looked at is read, and the kernel keeps the pages for other processes too.
class MappedFile {
 public:
  /// Throws `Error` naming the file where it can't be opened.
  explicit MappedFile(const std::filesystem::path& file);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  /// Takes the pages that were looked at out of this process; looking at them again brings them back.
  void drop_pages() const;

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace deepcache_gen
