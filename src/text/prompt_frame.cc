#include "text/prompt_frame.h"

#include <algorithm>

namespace deepcache_gen {
namespace {

// Far above any text encoder; keeps a corrupt file from asking for all the memory.
constexpr std::int64_t kLongestPrompt = 65536;

}  // namespace

PromptFrame::PromptFrame(const JsonObject& config, std::int64_t vocabulary_size)
    : max_length_(config.integer_between("max_length", 2, kLongestPrompt)),
      bos_id_(config.integer_between("bos_id", 0, vocabulary_size - 1)),
      eos_id_(config.integer_between("eos_id", 0, vocabulary_size - 1)),
      pad_id_(config.integer_between("pad_id", 0, vocabulary_size - 1)) {}

TokenizedPrompt PromptFrame::wrap(std::span<const std::int64_t> pieces, const Decode& decode) const {
  const std::size_t length = static_cast<std::size_t>(max_length_);
  const std::size_t kept = std::min(pieces.size(), length - 2);
  TokenizedPrompt prompt{{bos_id_}, pieces.size(), {}};
  prompt.ids.insert(prompt.ids.end(), pieces.begin(), pieces.begin() + static_cast<std::ptrdiff_t>(kept));
  prompt.ids.push_back(eos_id_);
  prompt.ids.resize(length, pad_id_);
  if (kept < pieces.size()) prompt.truncated_text = decode(pieces.subspan(kept));
  return prompt;
}

std::vector<std::int64_t> PromptFrame::wrap_chunk(std::span<const std::int64_t> pieces) const {
  std::vector<std::int64_t> ids{bos_id_};
  ids.insert(ids.end(), pieces.begin(), pieces.end());
  ids.resize(static_cast<std::size_t>(max_length_), eos_id_);
  if (pad_id_ == eos_id_) return ids;
  // The start of text is none, and the text may spell one.
  const auto first_end = std::find(ids.begin() + 1, ids.end(), eos_id_);
  std::fill(first_end + 1, ids.end(), pad_id_);
  return ids;
}

}  // namespace deepcache_gen
