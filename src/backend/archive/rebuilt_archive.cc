#include "backend/archive/rebuilt_archive.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "backend/archive/zip_format.h"

namespace deepcache_gen {
namespace {

constexpr std::uint64_t kVersion64 = 45;  // of the format: the first with 64-bit sizes
constexpr std::uint64_t kEnd64Rest = 44;  // bytes of that record after its own size
const std::string kFolder = "archive/";

// The lowest byte first.
std::string number(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<char>(value >> 8 * i & 0xff));
  return bytes;
}

std::string zeros(std::size_t size) { return std::string(size, '\0'); }

// Version, flags, method (stored), time, checksum (nobody compares it), and sizes, which are in 64 bits elsewhere.
std::string common_fields() {
  return number(kVersion64, 2) + zeros(2 + 2 + 4 + 4) + number(kIn64Bits, 4) + number(kIn64Bits, 4);
}

std::string sizes64(std::uint64_t size) { return number(size, 8) + number(size, 8); }

std::string local_header(const std::string& name, std::uint64_t size) {
  const std::string extra = number(kSizes64, 2) + number(16, 2) + sizes64(size);
  return number(kLocalHeader, 4) + common_fields() + number(name.size(), 2) + number(extra.size(), 2) + name + extra;
}

std::string directory_entry(const std::string& name, std::uint64_t size, std::uint64_t header) {
  const std::string extra = number(kSizes64, 2) + number(24, 2) + sizes64(size) + number(header, 8);
  return number(kDirectoryHeader, 4) + number(kVersion64, 2) + common_fields() + number(name.size(), 2) +
         number(extra.size(), 2) + zeros(2 + 2 + 2 + 4) + number(kIn64Bits, 4) + name + extra;
}

std::string end(std::uint64_t records, std::uint64_t position, std::uint64_t size) {
  return number(kEnd64, 4) + number(kEnd64Rest, 8) + number(kVersion64, 2) + number(kVersion64, 2) + zeros(4 + 4) +
         number(records, 8) + number(records, 8) + number(size, 8) + number(position, 8) +  //
         number(kLocator64, 4) + number(0, 4) + number(position + size, 8) + number(1, 4) + number(kEnd, 4) +
         zeros(2 + 2) + number(kCountIn64Bits, 2) + number(kCountIn64Bits, 2) + number(kIn64Bits, 4) +
         number(kIn64Bits, 4) + zeros(2);
}

}  // namespace

RebuiltArchive::RebuiltArchive(std::span<const std::byte> file, const ArchiveRecords& records) {
  headers_.reserve(records.size() + 1);
  std::string directory;
  for (const auto& [name, record] : records) {
    directory += add_record(name, file.subspan(record.position, record.size));
  }
  directory += end(records.size(), size_, directory.size());
  append(std::move(directory));
}

std::size_t RebuiltArchive::read(std::uint64_t position, void* buffer, std::size_t count) const {
  if (position >= size_) return 0;
  count = static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - position));
  auto piece = std::prev(pieces_.upper_bound(position));
  for (std::size_t done = 0; done < count; ++piece) {
    const std::span<const std::byte> rest = piece->second.subspan(position + done - piece->first);
    const std::size_t taken = std::min(rest.size(), count - done);
    std::memcpy(static_cast<std::byte*>(buffer) + done, rest.data(), taken);
    done += taken;
  }
  return count;
}

void RebuiltArchive::append(std::span<const std::byte> bytes) {
  if (bytes.empty()) return;
  pieces_.emplace(size_, bytes);
  size_ += bytes.size();
}

void RebuiltArchive::append(std::string header) {
  headers_.push_back(std::move(header));
  append(std::as_bytes(std::span(headers_.back())));
}

std::string RebuiltArchive::add_record(const std::string& name, std::span<const std::byte> bytes) {
  const std::string full_name = kFolder + name;
  const std::uint64_t header = size_;
  append(local_header(full_name, bytes.size()));
  if (!bytes.empty()) places_.emplace(size_, name);
  append(bytes);
  return directory_entry(full_name, bytes.size(), header);
}

}  // namespace deepcache_gen
