#include "text/prompt_chunks.h"

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <utility>

#include "support/error.h"
#include "support/printable.h"
#include "text/prompt_frame.h"

namespace deepcache_gen {
namespace {

using Ids = std::vector<std::int64_t>;

// The web UI's "Prompt word wrap length limit".
constexpr std::size_t kMostMoved = 20;

constexpr std::size_t kMostChunks = 100;

// An added token as it is found: by the pieces of its spelling.
struct SpelledToken {
  Ids spelling;
  const AddedToken* token;
};

class SpelledTokens {
 public:
  SpelledTokens(const Tokenizer& tokenizer, AddedTokens added, std::size_t room) {
    for (const AddedToken& token : added) {
      if (token.ids.size() > room) refuse(token, room);
      Ids spelling = tokenizer.pieces(token.spelling);
      if (!spelling.empty()) by_first_[spelling.front()].push_back({std::move(spelling), &token});
    }
    for (auto& [first, tokens] : by_first_) {
      std::stable_sort(tokens.begin(), tokens.end(), [](const SpelledToken& a, const SpelledToken& b) {
        return a.spelling.size() > b.spelling.size();
      });
    }
  }

  const SpelledToken* longest_at_start(std::span<const std::int64_t> pieces) const {
    const auto tokens = by_first_.find(pieces.front());
    if (tokens == by_first_.end()) return nullptr;
    for (const SpelledToken& token : tokens->second) {
      const Ids& spelling = token.spelling;
      if (spelling.size() <= pieces.size() && std::equal(spelling.begin(), spelling.end(), pieces.begin()))
        return &token;
    }
    return nullptr;
  }

 private:
  [[noreturn]] static void refuse(const AddedToken& token, std::size_t room) {
    throw UsageError("the embedding '" + shortened(token.spelling) + "' has " + std::to_string(token.ids.size()) +
                     " vectors; a chunk of a prompt has room for " + std::to_string(room));
  }

  std::map<std::int64_t, std::vector<SpelledToken>> by_first_;
};

// A piece in a chunk.
struct Weighted {
  std::int64_t id;
  double weight;
};

class Chunking {
 public:
  Chunking(const Tokenizer& tokenizer, AddedTokens added)
      : tokenizer_(tokenizer), room_(tokenizer.frame().room()), added_(tokenizer, added, room_) {}

  void add(const WeightedText& text) {
    const Ids pieces = tokenizer_.pieces(text.text);
    for (std::span<const std::int64_t> rest = pieces; !rest.empty();) {
      make_room_before(rest.front());
      const SpelledToken* added = added_.longest_at_start(rest);
      if (added) {
        append(added->token->ids, text.weight);
      } else {
        chunk_.push_back({rest.front(), text.weight});
      }
      rest = rest.subspan(added ? added->spelling.size() : 1);
    }
  }

  void end_chunk() {
    if (chunks_.size() == kMostChunks) {
      throw UsageError("the prompt fills more than " + std::to_string(kMostChunks) + " chunks of " +
                       std::to_string(room_) + " tokens; make it shorter");
    }
    Ids ids;
    PromptChunk framed;
    for (const auto& [id, weight] : chunk_) ids.push_back(id);
    framed.ids = tokenizer_.frame().wrap_chunk(ids);
    framed.weights.assign(framed.ids.size(), 1);
    for (std::size_t i = 0; i < chunk_.size(); ++i) framed.weights[i + 1] = chunk_[i].weight;
    chunks_.push_back(std::move(framed));
    chunk_.clear();
    last_comma_.reset();
  }

  std::vector<PromptChunk> finish() {
    if (!chunk_.empty() || chunks_.empty()) end_chunk();
    return std::move(chunks_);
  }

 private:
  bool is_full() const { return chunk_.size() >= room_; }

  void make_room_before(std::int64_t piece) {
    if (tokenizer_.is_comma(piece)) {
      last_comma_ = chunk_.size();
    } else if (is_full() && last_comma_ && chunk_.size() - *last_comma_ <= kMostMoved) {
      const auto moved_from = chunk_.begin() + static_cast<std::ptrdiff_t>(*last_comma_) + 1;
      std::vector<Weighted> moved(moved_from, chunk_.end());
      chunk_.erase(moved_from, chunk_.end());
      end_chunk();
      chunk_ = std::move(moved);
    }
    if (is_full()) end_chunk();
  }

  void append(const Ids& ids, double weight) {
    if (chunk_.size() + ids.size() > room_) end_chunk();
    for (const std::int64_t id : ids) chunk_.push_back({id, weight});
  }

  const Tokenizer& tokenizer_;
  std::size_t room_;
  SpelledTokens added_;
  std::vector<Weighted> chunk_;
  std::optional<std::size_t> last_comma_;  ///< its place in the chunk
  std::vector<PromptChunk> chunks_;
};

}  // namespace

std::vector<PromptChunk> chunk_prompt(const Tokenizer& tokenizer, const WeightedPrompt& prompt, AddedTokens added) {
  Chunking chunking(tokenizer, added);
  for (std::size_t part = 0; part < prompt.parts.size(); ++part) {
    if (part > 0) chunking.end_chunk();
    for (const WeightedText& text : prompt.parts[part]) chunking.add(text);
  }
  return chunking.finish();
}

PromptChunk empty_chunk(const Tokenizer& tokenizer) {
  Ids ids = tokenizer.frame().wrap_chunk({});
  std::vector<double> weights(ids.size(), 1);
  return {std::move(ids), std::move(weights)};
}

}  // namespace deepcache_gen
