#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "backend/archive/archive_records.h"

namespace deepcache_gen {

/// A zip archive of chosen records of another one, laid out anew: whoever reads it sees those and nothing else, however
/// he reads zip archives. It is made up as it is read; the records' bytes stay where they are.
class RebuiltArchive {
 public:
  /// `file`: the archive that `records` are of; it outlives this one.
  RebuiltArchive(std::span<const std::byte> file, const ArchiveRecords& records);

  std::uint64_t size() const { return size_; }
  /// Copies at most `count` bytes from `position` on to `buffer`. Returns how many there were.
  std::size_t read(std::uint64_t position, void* buffer, std::size_t count) const;
  /// The records by where their bytes lie in this archive.
  const std::map<std::uint64_t, std::string>& places() const { return places_; }

 private:
  void append(std::span<const std::byte> bytes);
  void append(std::string header);
  std::string add_record(const std::string& name, std::span<const std::byte> bytes);

  std::map<std::uint64_t, std::span<const std::byte>> pieces_;  // what lies at a position
  std::vector<std::string> headers_;
  std::map<std::uint64_t, std::string> places_;
  std::uint64_t size_ = 0;
};

}  // namespace deepcache_gen
