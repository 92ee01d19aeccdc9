#include "adapters/file_description.h"

#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "adapters/checkpoint_kind.h"
#include "adapters/lora_summary.h"
#include "adapters/training_facts.h"
#include "backend/archive/safetensors_header.h"
#include "support/error.h"
#include "support/sha256.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kShortHash = 10;  // of AUTOMATIC1111 (AutoV2)

bool is_pickle(const std::filesystem::path& file) {
  std::string start(4, '\0');
  std::ifstream(file, std::ios::binary).read(start.data(), 4);
  return start.starts_with("PK\x03\x04") || start.starts_with('\x80');
}

Facts kind_of(const std::filesystem::path& file, const SafetensorsHeader& header) {
  if (is_lora(header)) return lora_summary(file, header);
  const CheckpointKind kind =
      checkpoint_kind(header).value_or(CheckpointKind{"safetensors file of an unknown kind", {}, "nothing here"});
  Facts facts{{"kind", kind.kind}};
  if (kind.family) facts["family"] = *kind.family;
  facts["made_for"] = kind.made_for;
  return facts;
}

Facts numbers_of(const SafetensorsHeader& header) {
  std::map<std::string, std::uint64_t> tensors_by_dtype;
  std::uint64_t parameters = 0;
  for (const auto& [name, tensor] : header.tensors) {
    ++tensors_by_dtype[tensor.dtype];
    std::uint64_t count = 1;
    for (const std::int64_t size : tensor.sizes) count *= static_cast<std::uint64_t>(size);
    parameters += count;
  }
  return {{"dtype", tensors_by_dtype}, {"tensors", header.tensors.size()}, {"parameters", parameters}};
}

Facts hashes_of(const std::filesystem::path& file) {
  const std::string sha256 = sha256_of_file(file);
  return {{"sha256", sha256}, {"short_hash", sha256.substr(0, kShortHash)}};
}

}  // namespace

Facts describe_file(const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file)) throw Error(file.string() + ": is no regular file");
  if (is_pickle(file)) {
    throw Error(file.string() + ": is a pickle or an archive of one, which may hold code and is not read; save it as " +
                ".safetensors");
  }
  const SafetensorsHeader header = read_safetensors_header(file);
  Facts facts{{"file", file.string()}};
  facts.update(kind_of(file, header));
  facts.update(numbers_of(header));
  facts["bytes"] = std::filesystem::file_size(file);
  facts.update(hashes_of(file));
  facts.update(training_facts(header.metadata));
  return facts;
}

}  // namespace deepcache_gen
