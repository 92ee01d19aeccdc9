#include "text/clip_tokenizer.h"

#include "support/utf8.h"
#include "text/byte_pair_encoding.h"
#include "text/clip_normalizer.h"
#include "text/clip_words.h"

namespace deepcache_gen {
namespace {

constexpr std::string_view kComma = ",</w>";

// A space for every end of a word but the last.
std::string with_spaces(std::string_view spelled) {
  std::string text;
  while (!spelled.empty()) {
    const std::size_t end = spelled.find(kEndOfWord);
    text += spelled.substr(0, end);
    spelled.remove_prefix(end == std::string_view::npos ? spelled.size() : end + kEndOfWord.size());
    if (!spelled.empty()) text += ' ';
  }
  return text;
}

}  // namespace

ClipTokenizer::ClipTokenizer(const JsonObject& config, const std::filesystem::path& folder)
    : vocabulary_(config, folder), frame_(config, vocabulary_.size()) {
  for (const char* field : {"bos_id", "eos_id", "pad_id", "unk_id"}) special_ids_.push_back(config.integer(field));
  for (const char* field : {"bos_id", "eos_id"}) framing_ids_.push_back(config.integer(field));
}

TokenizedPrompt ClipTokenizer::tokenize(std::string_view prompt, AddedTokens added) const {
  require_utf8(prompt);
  const auto decode_pieces = [this](std::span<const std::int64_t> ids) { return decode(ids); };
  return frame_.wrap(encode(prompt, special_ids_, added),
                     [&](std::span<const std::int64_t> ids) { return decode_around(added, ids, decode_pieces); });
}

std::vector<std::int64_t> ClipTokenizer::pieces(std::string_view text) const {
  require_utf8(text);
  return encode(text, framing_ids_, {});
}

bool ClipTokenizer::is_comma(std::int64_t id) const {
  return id >= 0 && id < vocabulary_.size() && vocabulary_.spelling(id) == kComma;
}

ClipTokenizer::Ids ClipTokenizer::encode(std::string_view prompt, const Ids& specials, AddedTokens added) const {
  std::optional<AddedTokenMatches> matches;
  if (!added.empty()) matches.emplace(added);
  const AddedTokenMatches* found = matches ? &*matches : nullptr;
  Ids ids;
  std::size_t text_begin = 0;
  for (std::size_t position = 0; position < prompt.size();) {
    const std::optional<std::int64_t> special = special_at_start(prompt.substr(position), specials);
    if (!special) {
      ++position;
      continue;
    }
    append_text(prompt.substr(text_begin, position - text_begin), found, ids);
    ids.push_back(*special);
    position += vocabulary_.spelling(*special).size();
    text_begin = position;
  }
  append_text(prompt.substr(text_begin), found, ids);
  return ids;
}

std::optional<std::int64_t> ClipTokenizer::special_at_start(std::string_view text, const Ids& specials) const {
  std::optional<std::int64_t> longest;
  for (const std::int64_t id : specials) {
    const std::string& spelling = vocabulary_.spelling(id);
    if (!text.starts_with(spelling)) continue;
    if (!longest || spelling.size() > vocabulary_.spelling(*longest).size()) longest = id;
  }
  return longest;
}

void ClipTokenizer::append_text(std::string_view text, const AddedTokenMatches* added, Ids& ids) const {
  if (!added) return append_words(clip_normalized(decode_utf8(text)), ids);
  const std::u32string normalized = normalized_for_matching(text);
  for (const TextPart& part : added->parts_of(normalized)) {
    if (part.token) {
      ids.insert(ids.end(), part.token->ids.begin(), part.token->ids.end());
    } else {
      append_words(part.text, ids);
    }
  }
}

void ClipTokenizer::append_words(std::u32string_view normalized, Ids& ids) const {
  for (const std::u32string_view word : clip_words(normalized)) {
    append_byte_pairs(vocabulary_, encode_utf8(word), ids);
  }
}

std::string ClipTokenizer::decode(std::span<const std::int64_t> ids) const {
  std::string bytes;
  for (const std::int64_t id : ids) bytes += vocabulary_.bytes(id);
  // The first piece that did not fit may begin in the middle of a character.
  return with_spaces(encode_utf8(decode_utf8(bytes)));
}

}  // namespace deepcache_gen
