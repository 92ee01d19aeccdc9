#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "support/json_object.h"

namespace deepcache_gen {

/// What the vocabulary writes behind the last symbol of a word.
inline constexpr std::string_view kEndOfWord = "</w>";

/// The pieces of a byte-level byte-pair encoding and the rules by which they merge. A piece that ends a word is spelled
/// with "</w>" at its end. Source: GPT-2's `bytes_to_unicode` and CLIP's `SimpleTokenizer`.
class BytePairVocabulary {
 public:
  /// Two neighbouring pieces become piece `id`; the lowest rank merges first.
  struct Merge {
    std::size_t rank;
    std::int64_t id;
  };

  /// Reads "vocabulary" (a JSON object, piece to id, ids from 0 without a gap), "merges" (one pair a line) and "unk_id"
  /// of a tokenizer section. Throws `Error` naming the file, and the line, that can't be used.
  BytePairVocabulary(const JsonObject& config, const std::filesystem::path& folder);

  std::int64_t size() const { return static_cast<std::int64_t>(spellings_.size()); }

  /// The piece of one byte, within a word or at its end; the "unk_id" where the vocabulary lacks it.
  std::int64_t byte_id(unsigned char byte, bool ends_word) const;

  /// The merge of two neighbours, or null where they do not merge. The vocabulary keeps ownership.
  const Merge* find_merge(std::int64_t left, std::int64_t right) const;

  /// A piece as vocab.json spells it.
  const std::string& spelling(std::int64_t id) const { return spellings_[static_cast<std::size_t>(id)]; }

  /// The bytes that a piece stands for, "</w>" included as such.
  std::string bytes(std::int64_t id) const;

 private:
  void read_pieces(const std::filesystem::path& file);
  void read_merges(const std::filesystem::path& file);
  void find_byte_ids(std::int64_t unknown_id);

  std::vector<std::string> spellings_;
  std::unordered_map<std::string, std::int64_t> ids_;
  std::unordered_map<std::uint64_t, Merge> merges_;
  std::array<std::int64_t, 256> inner_bytes_{};
  std::array<std::int64_t, 256> final_bytes_{};
};

}  // namespace deepcache_gen
