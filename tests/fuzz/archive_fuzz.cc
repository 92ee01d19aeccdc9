// An archive of modules, as it is read before LibTorch sees it.
#include <algorithm>
#include <cstring>

#include "backend/archive/archive_contents.h"
#include "backend/archive/rebuilt_archive.h"
#include "fuzzing.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace deepcache_gen {
namespace {

using Bytes = std::span<const std::byte>;

constexpr unsigned int kOneInSoManyByBytes = 4;
constexpr std::size_t kMostGrowth = 64;

std::string all_of(const RebuiltArchive& archive) {
  std::string bytes(archive.size(), '\0');
  require(archive.read(0, bytes.data(), bytes.size() + 1) == bytes.size(), "an archive is as long as it says");
  return bytes;
}

Bytes as_bytes(const std::string& text) { return std::as_bytes(std::span(text)); }

bool are_equal(Bytes one, Bytes other) { return std::equal(one.begin(), one.end(), other.begin(), other.end()); }

// What LibTorch is shown is what was checked.
void require_same(Bytes file, const ArchiveRecords& records) {
  const std::string rebuilt = all_of(RebuiltArchive(file, records));
  const ArchiveRecords again = read_archive_contents(as_bytes(rebuilt));
  require(records.size() == again.size(), "the records are the same");
  for (const auto& [name, record] : records) {
    const ArchiveRecord& copy = again.at(name);
    require(are_equal(file.subspan(record.position, record.size), as_bytes(rebuilt).subspan(copy.position, copy.size)),
            "a record is the same");
  }
}

// The archive with one record's bytes changed and all headers right; empty where it is none.
std::string with_a_record_changed(const std::string& file, unsigned int seed) {
  std::string changed = file;
  ArchiveRecords records;
  if (!takes([&] { records = read_archive_records(as_bytes(file)); }) || records.empty()) return {};
  ArchiveRecord& record = std::next(records.begin(), static_cast<std::ptrdiff_t>(seed % records.size()))->second;
  changed.append(file, record.position, record.size).resize(file.size() + record.size + kMostGrowth);
  record = {file.size(), LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(changed.data()) + file.size(), record.size,
                                          record.size + kMostGrowth)};
  return all_of(RebuiltArchive(as_bytes(changed), records));
}

}  // namespace
}  // namespace deepcache_gen

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  const auto file = std::as_bytes(std::span(data, size));
  ArchiveRecords records;
  if (takes([&] { records = read_archive_contents(file); })) require_same(file, records);
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  using namespace deepcache_gen;
  if (seed % kOneInSoManyByBytes == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string changed = with_a_record_changed(as_text(data, size), seed / kOneInSoManyByBytes);
  if (changed.empty() || changed.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, changed.data(), changed.size());
  return changed.size();
}
