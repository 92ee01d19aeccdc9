#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

#include "support/json_object.h"
#include "text/prompt_frame.h"
#include "text/tokenizer.h"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace deepcache_gen {

/// The tokenizer of a SentencePiece model (Kudo and Richardson, arXiv 1808.06226); normalization and pieces are the
/// model's.
class SentencePieceTokenizer : public Tokenizer {
 public:
  /// Reads the model that a tokenizer section of type "sentencepiece" names; throws `Error` where it can't be used.
  SentencePieceTokenizer(const JsonObject& config, const std::filesystem::path& folder);
  ~SentencePieceTokenizer() override;

  TokenizedPrompt tokenize(std::string_view prompt, AddedTokens added) const override;
  std::vector<std::int64_t> pieces(std::string_view text) const override;
  bool is_comma(std::int64_t id) const override;
  const PromptFrame& frame() const override { return frame_; }

 private:
  std::vector<std::int64_t> encode(std::string_view prompt, AddedTokens added) const;

  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
  PromptFrame frame_;
};

}  // namespace deepcache_gen
