#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "text/added_tokens.h"
#include "text/tokenizer.h"
#include "text/weighted_prompt.h"

namespace deepcache_gen {

/// As much of a prompt as a text encoder reads at a time.
struct PromptChunk {
  std::vector<std::int64_t> ids;  ///< framed, as many as the encoder takes
  std::vector<double> weights;    ///< one for each of the ids; 1 where it is part of the frame
};

/// Puts a prompt of any length into chunks, at least one, as `tokenize_line` in modules/sd_hijack_clip.py of
/// AUTOMATIC1111's web UI does: each text of one weight is cut into pieces by itself; what stands behind the last comma
/// of a full chunk, 20 pieces at most, moves to the next with it; a BREAK ends a chunk. An added token is found where
/// the pieces of its spelling stand, the longest first, and is never cut. Throws what `Tokenizer::pieces` does, and
/// `UsageError` for an added token that fits into no chunk and for a prompt of more than 100 of them.
std::vector<PromptChunk> chunk_prompt(const Tokenizer& tokenizer, const WeightedPrompt& prompt, AddedTokens added);

/// The chunk of an empty prompt.
PromptChunk empty_chunk(const Tokenizer& tokenizer);

}  // namespace deepcache_gen
