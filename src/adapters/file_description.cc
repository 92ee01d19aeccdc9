#include "adapters/file_description.h"

#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "adapters/checkpoint_kind.h"
#include "adapters/embedding_file.h"
#include "adapters/lora_keys.h"
#include "adapters/lora_summary.h"
#include "adapters/training_facts.h"
#include "backend/archive/safetensors_header.h"
#include "backend/archive/saved_file.h"
#include "support/error.h"
#include "support/printable.h"
#include "support/sha256.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kShortHash = 10;     // of AUTOMATIC1111 (AutoV2)
constexpr std::size_t kLongestText = 200;  // bytes

constexpr const char* kEmbedding = "embedding (textual inversion)";

bool is_pickle(const std::filesystem::path& file) {
  std::string start(16, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(start.data(), static_cast<std::streamsize>(start.size()));
  start.resize(static_cast<std::size_t>(stream.gcount()));
  return begins_as_saved_file(start) || begins_as_pickle(start);
}

bool may_be_embedding(const std::filesystem::path& file) {
  return file.extension() != ".ckpt" && std::filesystem::file_size(file) <= EmbeddingFile::kLargest;
}

std::optional<std::string> family_of_embedding(const std::map<std::string, EmbeddingVectors>& halves) {
  if (halves.size() > 1) return "SDXL";
  return family_of_context(halves.begin()->second.width);
}

Facts embedding_facts(const std::filesystem::path& file) {
  const EmbeddingFile embedding(file);
  Facts facts{{"kind", kEmbedding}};
  if (const auto family = family_of_embedding(embedding.halves())) facts["family"] = *family;
  facts["made_for"] = "--embedding FILE:TOKEN";
  facts["vectors"] = embedding.halves().begin()->second.count;
  std::map<std::string, std::int64_t> dtypes;
  for (const auto& [half, vectors] : embedding.halves()) {
    facts[half.empty() ? "width" : "width_" + half] = vectors.width;
    ++dtypes[vectors.type];
  }
  facts["dtype"] = dtypes;
  if (!embedding.name().empty()) facts["title"] = shortened(embedding.name(), kLongestText);
  if (embedding.steps()) facts["steps"] = *embedding.steps();
  if (!embedding.base_model().empty()) facts["trained_on"] = shortened(embedding.base_model(), kLongestText);
  return facts;
}

Facts unknown_facts() {
  return {{"kind", "safetensors file of an unknown kind"}, {"made_for", "nothing here; it is not read"}};
}

// One that holds no vectors of a token is none; NaN among them are for who uses it.
Facts embedding_or_unknown(const std::filesystem::path& file) try {
  return may_be_embedding(file) ? embedding_facts(file) : unknown_facts();
} catch (const Error&) {
  return unknown_facts();
}

Facts kind_of(const std::filesystem::path& file, const SafetensorsHeader& header) {
  if (is_lora(header)) return lora_summary(file, header);
  const std::optional<CheckpointKind> kind = checkpoint_kind(header);
  if (!kind) return embedding_or_unknown(file);
  Facts facts{{"kind", kind->kind}};
  if (kind->family) facts["family"] = *kind->family;
  facts["made_for"] = kind->made_for;
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
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) throw Error(file.string() + ": is no regular file");
  Facts facts{{"file", file.string()}};
  if (is_pickle(file)) {
    if (!may_be_embedding(file)) {
      throw Error(file.string() + ": is a pickle or an archive of one, which may hold code, and of such files only " +
                  "embeddings are read; save it as .safetensors");
    }
    facts.update(embedding_facts(file));
    facts["bytes"] = std::filesystem::file_size(file, error);
    facts.update(hashes_of(file));
    return facts;
  }
  const SafetensorsHeader header = read_safetensors_header(file);
  facts.update(kind_of(file, header));
  facts.update(numbers_of(header));
  facts["bytes"] = std::filesystem::file_size(file, error);
  facts.update(hashes_of(file));
  facts.update(training_facts(header.metadata));
  return facts;
}

}  // namespace deepcache_gen
