#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "support/json_object.h"
#include "text/added_token_matches.h"
#include "text/byte_pair_vocabulary.h"
#include "text/prompt_frame.h"
#include "text/tokenizer.h"

namespace deepcache_gen {

/// The byte-pair tokenizer of CLIP (Radford et al., arXiv 2103.00020, section 2.4), equal to `CLIPTokenizer` of
/// transformers. As there, the start, end, padding and unknown tokens are taken as such where a prompt spells them, so
/// that with "!" for padding (the second text encoder of SDXL) an exclamation mark in a prompt is the padding token.
///
/// Letters, digits, case and composition are those of Unicode 15.0 (utf8proc). transformers mixes versions, and differs
/// for characters added since 15.0, and in the order of combining marks on one letter for marks added since 9.0.
class ClipTokenizer : public Tokenizer {
 public:
  /// Reads the files that a tokenizer section of type "clip" names; throws `Error` where they can't be used.
  ClipTokenizer(const JsonObject& config, const std::filesystem::path& folder);

  TokenizedPrompt tokenize(std::string_view prompt, AddedTokens added) const override;
  std::vector<std::int64_t> pieces(std::string_view text) const override;
  bool is_comma(std::int64_t id) const override;
  const PromptFrame& frame() const override { return frame_; }

 private:
  using Ids = std::vector<std::int64_t>;
  std::optional<std::int64_t> special_at_start(std::string_view text, const Ids& specials) const;
  Ids encode(std::string_view prompt, const Ids& specials, AddedTokens added) const;
  void append_text(std::string_view text, const AddedTokenMatches* added, Ids& ids) const;
  void append_words(std::u32string_view normalized, Ids& ids) const;
  std::string decode(std::span<const std::int64_t> ids) const;

  BytePairVocabulary vocabulary_;
  PromptFrame frame_;
  Ids special_ids_;  ///< those that a prompt may spell
  Ids framing_ids_;  ///< start and end of text alone
};

}  // namespace deepcache_gen
