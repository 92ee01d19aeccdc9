// An embedding of a stranger's: a pickle in an archive, of which nothing is run, or a safetensors file.
#include <cmath>
#include <cstring>
#include <iterator>

#include "adapters/embedding_file.h"
#include "backend/archive/rebuilt_archive.h"
#include "fuzzing.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace deepcache_gen {
namespace {

constexpr unsigned int kOneInSoManyByBytes = 4;
constexpr std::size_t kMostGrowth = 64;

void require_whole(const EmbeddingFile& file) {
  require(!file.halves().empty(), "an embedding has vectors");
  for (const auto& [half, vectors] : file.halves()) {
    require(vectors.count > 0 && vectors.width > 0, "vectors have a size");
    require(vectors.numbers.size() == static_cast<std::size_t>(vectors.count * vectors.width),
            "there are as many numbers as the sizes say");
    for (const float number : vectors.numbers) require(std::isfinite(number), "numbers are finite");
  }
}

// An archive with one record's bytes changed and all headers right; empty where it is none.
std::string with_another_record(const std::string& file, unsigned int seed) {
  std::string changed = file;
  ArchiveRecords records;
  if (!takes([&] { records = read_archive_records(std::as_bytes(std::span(file))); }) || records.empty()) return {};
  ArchiveRecord& record = std::next(records.begin(), static_cast<std::ptrdiff_t>(seed % records.size()))->second;
  changed.append(file, record.position, record.size).resize(file.size() + record.size + kMostGrowth);
  record = {file.size(), LLVMFuzzerMutate(reinterpret_cast<std::uint8_t*>(changed.data()) + file.size(), record.size,
                                          record.size + kMostGrowth)};
  const RebuiltArchive archive(std::as_bytes(std::span(changed)), records);
  std::string bytes(archive.size(), '\0');
  archive.read(0, bytes.data(), bytes.size());
  return bytes;
}

}  // namespace
}  // namespace deepcache_gen

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  static const FuzzFolder folder;
  const std::filesystem::path file = folder.write("style.pt", as_text(data, size));
  takes([&] { require_whole(EmbeddingFile(file)); });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  using namespace deepcache_gen;
  if (seed % kOneInSoManyByBytes == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::string changed = with_another_record(as_text(data, size), seed / kOneInSoManyByBytes);
  if (changed.empty() || changed.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::memcpy(data, changed.data(), changed.size());
  return changed.size();
}
