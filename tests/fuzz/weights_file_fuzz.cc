// A safetensors file of a stranger's: its header, and all that `inspect` says of it.
#include <algorithm>
#include <cstring>

#include "adapters/file_description.h"
#include "backend/archive/safetensors_header.h"
#include "cli/output/inspection.h"
#include "fuzzing.h"
#include "support/json_text.h"

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace deepcache_gen {
namespace {

constexpr unsigned int kOneInSoManyByBytes = 4;

void require_whole(const SafetensorsHeader& header, std::size_t file_size) {
  std::uint64_t bytes = 0;
  for (const auto& [name, tensor] : header.tensors) {
    require(tensor.first + tensor.bytes <= file_size - header.size, "a tensor lies in the file");
    for (const std::int64_t size : tensor.sizes) require(size >= 0, "no size is negative");
    bytes += tensor.bytes;
  }
  require(header.size + bytes == file_size, "the tensors fill the file");
}

void describe(const std::filesystem::path& file) {
  const Facts facts = describe_file(file);
  require(file_inspection_text(facts).find('\x1b') == std::string::npos, "nothing moves the cursor");
  require(json_text(facts).find('\n') == std::string::npos, "JSON is one line");
}

// Where the header ends; 0 where there is none.
std::size_t end_of_header(const std::string& file) {
  std::size_t end = 0;
  takes([&] { end = safetensors_header_size(file, file.size()); });
  return end;
}

}  // namespace
}  // namespace deepcache_gen

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  static const FuzzFolder folder;
  const std::string content = as_text(data, size);
  takes([&] { require_whole(parse_safetensors_header(content, size), size); });
  const std::filesystem::path file = folder.write("some.safetensors", content);
  takes([&] { describe(file); });
  return 0;
}

// The header's JSON, and before it how long it is.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  using namespace deepcache_gen;
  const std::string file = as_text(data, size);
  const std::size_t end = end_of_header(file);
  if (end == 0 || seed % kOneInSoManyByBytes == 0) return LLVMFuzzerMutate(data, size, max_size);
  const std::size_t rest = size - end, room = max_size - kSafetensorsStart - rest;
  std::string text = file.substr(kSafetensorsStart, end - kSafetensorsStart);
  const std::size_t length = text.size();
  text.resize(std::max(room, length));
  text.resize(mutate_json(reinterpret_cast<std::uint8_t*>(text.data()), length, room, seed / kOneInSoManyByBytes));
  for (std::size_t i = 0; i < kSafetensorsStart; ++i) data[i] = static_cast<std::uint8_t>(text.size() >> 8 * i);
  std::memcpy(data + kSafetensorsStart, text.data(), text.size());
  std::memcpy(data + kSafetensorsStart + text.size(), file.data() + end, rest);
  return kSafetensorsStart + text.size() + rest;
}
