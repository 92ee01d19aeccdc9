#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "support/json_object.h"
#include "text/added_tokens.h"

namespace deepcache_gen {

class PromptFrame;

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

  /// Truncates what does not fit, and says so in the result. Where the prompt spells one of `added`, in any case and
  /// also within a word, stand its ids. Throws `UsageError` where the prompt is not UTF-8.
  virtual TokenizedPrompt tokenize(std::string_view prompt, AddedTokens added) const = 0;

  /// The pieces of a part of a prompt alone, however many: nothing around them, and no padding token among them where
  /// the text spells one, since that is not read anywhere but in transformers. Throws as `tokenize` does.
  virtual std::vector<std::int64_t> pieces(std::string_view text) const = 0;
  /// Whether a piece is a comma.
  virtual bool is_comma(std::int64_t id) const = 0;
  /// What surrounds the pieces; lives as long as the tokenizer.
  virtual const PromptFrame& frame() const = 0;
};

/// The tokenizer that the "tokenizer" section of a model.json describes; the file names in it are relative to `folder`,
/// the model folder. Throws `Error` where its "type" is not known or its files can't be used.
std::unique_ptr<Tokenizer> load_tokenizer(const JsonObject& config, const std::filesystem::path& folder);

}  // namespace deepcache_gen
