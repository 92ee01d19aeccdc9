#include <utility>

#include "pipeline/settings/setting_rows.h"
#include "pipeline/used_embeddings.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr const char* kEmbeddingTopic = "Textual inversion";
constexpr std::size_t kShortHash = 12;  // what AUTOMATIC1111 has of a SHA-256

std::optional<Json> flags_of(const Settings& settings) {
  Json flags = Json::array();
  for (const InputEmbedding& embedding : settings.embeddings) {
    flags.push_back(embedding.file.string() + ":" + embedding.token);
  }
  return flags.empty() ? std::nullopt : std::optional(flags);
}

std::optional<Json> checksums_of(const Settings& settings) {
  Json checksums = Json::object();
  for (const InputEmbedding& embedding : settings.embeddings) checksums[embedding.token] = embedding.sha256;
  return checksums.empty() ? std::nullopt : std::optional(checksums);
}

// "mystyle: c74b4e810b03, other: 8a7b1ef0d3c2"
std::string short_hashes_of(const Settings& settings) {
  std::string text;
  for (const InputEmbedding& embedding : settings.embeddings) {
    text.append(text.empty() ? "" : ", ").append(embedding.token).append(": ");
    text.append(embedding.sha256.substr(0, kShortHash));
  }
  return text;
}

std::string tokens_of(const Settings& settings) {
  std::string text;
  for (const InputEmbedding& embedding : settings.embeddings) {
    text.append(text.empty() ? "" : ", ").append(embedding.token);
  }
  return text;
}

PictureSetting embedding_folder() {
  return {
      .names = "--embedding-dir,--embd-dir",
      .placeholder = "DIR",
      .topic = kEmbeddingTopic,
      .help =
          "Use those embeddings of a folder (.pt, .bin, .safetensors) whose file names, without the ending, stand in "
          "a prompt.",
      .takes_folder = true,
      .read = read_into(&Request::embedding_folder)};
}

PictureSetting embedding() {
  return {.names = "--embedding",
          .placeholder = "FILE[:TOKEN]",
          .topic = kEmbeddingTopic,
          .help =
              "A word that was learned afterwards (textual inversion): of AUTOMATIC1111, diffusers or safetensors. "
              "TOKEN is how prompts spell it; default: the file's name without its ending. May be given several times.",
          .takes_file = true,
          .repeatable = true,
          .read = [](const OptionValue& value, Request& request) { request.embeddings = all_texts(value); },
          .resolve =
              [](const Request& request, const ModelInfo& model, Settings& settings) {
                UsedEmbeddings found = find_used_embeddings(request, model, settings);
                settings.embeddings = std::move(found.used);
                settings.unused_embeddings = std::move(found.unused);
              },
          .key = "embedding",
          .value = flags_of,
          .is_compared = false,
          .label = "embeddings",
          .shown = tokens_of,
          .phrase =
              [](const Settings& settings) {
                const std::string tokens = tokens_of(settings);
                return tokens.empty() ? tokens : std::string("embeddings ").append(tokens);
              }};
}

// What was in the files is what counts.
PictureSetting embedding_checksums() {
  return {.key = "embedding_sha256", .value = checksums_of, .infotext = "TI hashes", .infotext_value = short_hashes_of};
}

}  // namespace

std::vector<PictureSetting> embedding_rows() { return {embedding_folder(), embedding(), embedding_checksums()}; }

}  // namespace deepcache_gen
