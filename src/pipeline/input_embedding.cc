#include "pipeline/input_embedding.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "adapters/embedding_file.h"
#include "model/families.h"
#include "support/error.h"
#include "support/option_value.h"
#include "support/printable.h"
#include "support/utf8.h"

namespace deepcache_gen {
namespace {

constexpr const char* kFlag = "--embedding";
constexpr const char* kFolderFlag = "--embedding-dir";
constexpr std::size_t kLongestToken = 200;

bool is_file(const std::filesystem::path& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

bool is_utf8(const std::string& text) { return encode_utf8(decode_utf8(text)) == text; }

bool can_be_spelled(const std::string& token) {
  const bool has_edges = !token.empty() && (token.front() == ' ' || token.back() == ' ');
  return !token.empty() && token.size() <= kLongestToken && !has_edges && token.find('/') == std::string::npos &&
         is_utf8(token) && !has_control_characters(token);
}

NamedEmbedding checked(const std::string& text, NamedEmbedding named) {
  if (can_be_spelled(named.token)) return named;
  reject({kFlag, text}, "its token " + deepcache_gen::quoted(named.token) +
                            " can't stand in a prompt; expected a word without '/' and control characters, as in "
                            "--embedding FILE:word");
}

std::string half_of(const ModelInfo& model, std::size_t encoder) {
  if (model.family == kStableDiffusionXlRefiner) return kClipG;
  if (model.family != kStableDiffusionXl) return "";
  return encoder == 0 ? kClipL : kClipG;
}

}  // namespace

std::vector<EncoderHalf> encoder_halves(const ModelInfo& model) {
  std::vector<EncoderHalf> halves;
  for (const auto& [role, encoder] : model.text_encoders) {
    if (!encoder.layers) {
      throw UsageError(kFlag, std::string(kFlag) + ": model " + model.name +
                                  " is of format 1, whose text encoder takes no embeddings; export it again with "
                                  "deepcache-gen export");
    }
    halves.push_back({half_of(model, halves.size()), encoder.hidden_size, encoder.max_length - 2});
  }
  return halves;
}

NamedEmbedding read_embedding_flag(const std::string& text) {
  if (is_file(text)) return checked(text, {std::filesystem::path(text).stem().string(), text});
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos && is_file(text.substr(0, colon))) {
    return checked(text, {text.substr(colon + 1), text.substr(0, colon)});
  }
  reject({kFlag, text}, "there is no such file; expected FILE, or FILE:token where the token is not the file's name");
}

std::vector<NamedEmbedding> embeddings_in(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<NamedEmbedding> found;
  std::filesystem::directory_iterator files(folder, error), end;
  for (; !error && files != end; files.increment(error)) {
    const std::filesystem::path file = files->path();
    if (!has_embedding_extension(file) || !is_file(file) || !can_be_spelled(file.stem().string())) continue;
    found.push_back({file.stem().string(), file});
  }
  if (error) reject({kFolderFlag, folder.string()}, "cannot be read: " + error.message() + "; expected a folder");
  std::sort(found.begin(), found.end(),
            [](const NamedEmbedding& one, const NamedEmbedding& other) { return one.file < other.file; });
  return found;
}

InputEmbedding read_input_embedding(const NamedEmbedding& named, const ModelInfo& model) {
  try {
    const EmbeddingFile file(named.file);
    for (const ModelInfo* reader : {&model, model.refiner.get()}) {
      if (!reader) continue;
      for (const EncoderHalf& half : encoder_halves(*reader)) {
        file.vectors_for(half.name, half.width, half.longest, reader->name);
      }
    }
    return {named.token, named.file, file.sha256()};
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    throw UsageError(kFlag, std::string(kFlag) + " " + error.what());
  }
}

}  // namespace deepcache_gen
