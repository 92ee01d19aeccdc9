#include "backend/archive/archive_records.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "backend/archive/byte_reader.h"
#include "backend/archive/zip_format.h"

namespace deepcache_gen {
namespace {

using Bytes = std::span<const std::byte>;

// SD 2.1's UNet has 1,400.
constexpr std::uint64_t kMaxRecords = 100'000;
constexpr std::size_t kMaxNameSize = 1'000;

constexpr std::size_t kLocalHeaderSize = 30, kEnd64Size = 56, kLocator64Size = 20, kEndSize = 22;
constexpr std::uint64_t kStored = 0, kEncrypted = 1;

struct Directory {
  std::uint64_t records, position, size;
};

struct Entry {
  std::string name;
  std::uint64_t header = 0;  // where its local header lies
  std::uint64_t size = 0;
};

Bytes part(Bytes file, std::uint64_t position, std::uint64_t size) {
  if (position > file.size() || size > file.size() - position) refuse_archive("a record lies outside of the file");
  return file.subspan(position, size);
}

void expect(ByteReader& reader, std::uint64_t signature, const std::string& what) {
  if (reader.number(4) != signature) refuse_archive("it has no " + what + " where one belongs");
}

Directory read_end64(Bytes file) {
  ByteReader locator(file.last(kEndSize + kLocator64Size), "the locator of the 64-bit directory");
  expect(locator, kLocator64, "locator of a 64-bit directory");
  locator.skip(4);
  ByteReader end(part(file, locator.number(8), kEnd64Size), "the end of the 64-bit directory");
  expect(end, kEnd64, "64-bit directory");
  end.skip(28);
  const std::uint64_t records = end.number(8), size = end.number(8);
  return {records, end.number(8), size};
}

Directory read_end(Bytes file) {
  if (file.size() < kEndSize) refuse_archive("it is too short for an archive");
  ByteReader end(file.last(kEndSize), "the end of the directory");
  expect(end, kEnd, "directory at its end");
  end.skip(6);
  const std::uint64_t records = end.number(2), size = end.number(4), position = end.number(4);
  // TorchScript's writer puts the 64-bit form into every archive, whether it needs it or not.
  if (file.size() >= kEndSize + kLocator64Size + kEnd64Size) {
    ByteReader locator(file.last(kEndSize + kLocator64Size), "the locator of the 64-bit directory");
    if (locator.number(4) == kLocator64) return read_end64(file);
  }
  return {records, position, size};
}

// Reads the fields that did not fit into 32 bits, in their order.
void read_sizes64(ByteReader extra, std::uint64_t& size, std::uint64_t& stored_size, std::uint64_t& header) {
  while (extra.left() > 0) {
    const std::uint64_t kind = extra.number(2), length = extra.number(2);
    if (kind != kSizes64) {
      extra.skip(length);
      continue;
    }
    for (std::uint64_t* field : {&size, &stored_size, &header}) {
      if (*field == kIn64Bits) *field = extra.number(8);
    }
    return;
  }
}

Entry read_entry(ByteReader& directory) {
  expect(directory, kDirectoryHeader, "directory entry");
  directory.skip(4);
  const std::uint64_t flags = directory.number(2), method = directory.number(2);
  directory.skip(8);
  std::uint64_t stored_size = directory.number(4), size = directory.number(4);
  const std::uint64_t name_size = directory.number(2), extra_size = directory.number(2);
  const std::uint64_t comment_size = directory.number(2);
  directory.skip(8);
  std::uint64_t header = directory.number(4);
  Entry entry{std::string(directory.text(name_size)), 0, 0};
  const std::string_view extra = directory.text(extra_size);
  read_sizes64({std::as_bytes(std::span(extra)), "an extra field"}, size, stored_size, header);
  directory.skip(comment_size);
  if (flags & kEncrypted) refuse_archive("record '" + entry.name + "' is encrypted");
  if (method != kStored || stored_size != size) refuse_archive("record '" + entry.name + "' is compressed");
  entry.header = header;
  entry.size = size;
  return entry;
}

std::uint64_t first_byte(Bytes file, const Entry& entry) {
  ByteReader header(part(file, entry.header, kLocalHeaderSize), "a record's header");
  expect(header, kLocalHeader, "header of record '" + entry.name + "'");
  header.skip(22);
  const std::uint64_t name_size = header.number(2), extra_size = header.number(2);
  const Bytes name = part(file, entry.header + kLocalHeaderSize, name_size);
  if (std::string_view(reinterpret_cast<const char*>(name.data()), name.size()) != entry.name) {
    refuse_archive("record '" + entry.name + "' has another name where it lies");
  }
  return entry.header + kLocalHeaderSize + name_size + extra_size;
}

// The folder is none that is looked up: `torch.save` names it after its file, which may be called anything.
bool is_folder(const std::string& folder) {
  const bool has_controls =
      std::any_of(folder.begin(), folder.end(), [](char c) { return (c >= 0 && c < ' ') || c == '\\' || c == '\x7f'; });
  return !has_controls && folder.size() > 1 && folder.size() <= kMaxNameSize && folder != "./" && folder != "../";
}

bool is_plain(const std::string& name) {
  const bool printable = std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~' && c != '\\'; });
  return printable && !name.empty() && name.size() <= kMaxNameSize && name.find("//") == std::string::npos &&
         name.front() != '/' && name.back() != '/' && ("/" + name + "/").find("/../") == std::string::npos;
}

// LibTorch looks records up without regard to case.
std::string in_lower_case(std::string name) {
  for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return name;
}

// The folder that the archive's writer put in front of every name, with its slash.
std::string folder_of(const std::string& name) {
  const std::size_t slash = name.find('/');
  return slash == std::string::npos ? "" : name.substr(0, slash + 1);
}

void check_apart(std::vector<ArchiveRecord> records) {
  std::sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.position < b.position; });
  for (std::size_t i = 1; i < records.size(); ++i) {
    if (records[i - 1].position + records[i - 1].size > records[i].position) refuse_archive("its records overlap");
  }
}

}  // namespace

ArchiveRecords read_archive_records(Bytes file) {
  const Directory directory = read_end(file);
  if (directory.records > kMaxRecords) {
    refuse_archive("it has " + std::to_string(directory.records) + " records, at most " + std::to_string(kMaxRecords) +
                   " are accepted");
  }
  ByteReader entries(part(file, directory.position, directory.size), "the directory");
  ArchiveRecords records;
  std::vector<ArchiveRecord> places;
  std::set<std::string> names;
  std::string folder;
  for (std::uint64_t i = 0; i < directory.records; ++i) {
    const Entry entry = read_entry(entries);
    if (i == 0) folder = folder_of(entry.name);
    if (folder.empty() || !entry.name.starts_with(folder)) refuse_archive("its records lie in several folders");
    const std::string name = entry.name.substr(folder.size());
    if (!is_folder(folder) || !is_plain(name)) refuse_archive("it has a record '" + entry.name + "'");
    const ArchiveRecord record{first_byte(file, entry), entry.size};
    part(file, record.position, record.size);
    if (!names.insert(in_lower_case(entry.name)).second) refuse_archive("it has two records '" + entry.name + "'");
    records.emplace(name, record);
    places.push_back(record);
  }
  check_apart(std::move(places));
  return records;
}

}  // namespace deepcache_gen
