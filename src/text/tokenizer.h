#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/json_object.h"

namespace deepcache_gen {

/// A prompt as a text encoder reads it.
struct TokenizedPrompt {
  /// Exactly as many as the text encoder takes: start of text, the pieces that fit, end of text, padding.
  std::vector<std::int64_t> ids;
  /// Pieces of the whole prompt before truncation, without start and end of text.
  std::size_t token_count = 0;
  /// The end of the prompt that did not fit, decoded; empty where all of it fits.
  std::string truncated_text;
};

/// Cuts prompts into the pieces that a text encoder was trained on.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Truncates what does not fit, and says so in the result. Throws `UsageError` where the prompt is not UTF-8.
  virtual TokenizedPrompt tokenize(std::string_view prompt) const = 0;
};

/// The tokenizer that the "tokenizer" section of a model.json describes; the file names in it are relative to `folder`,
/// the model folder. Throws `Error` where its "type" is not known or its files can't be used.
std::unique_ptr<Tokenizer> load_tokenizer(const JsonObject& config, const std::filesystem::path& folder);

}  // namespace deepcache_gen
