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

}  // namespace deepcache_gen
