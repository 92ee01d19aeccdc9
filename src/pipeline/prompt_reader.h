#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "adapters/embedding.h"
#include "model/text_encoder.h"
#include "text/added_tokens.h"
#include "text/tokenizer.h"
#include "text/weighted_prompt.h"

namespace deepcache_gen {

/// A tokenizer and the text encoder behind it.
struct PromptReader {
  std::unique_ptr<Tokenizer> tokenizer;
  std::unique_ptr<TextEncoder> text_encoder;
};

/// What one reader knows beside its vocabulary.
struct ReadersEmbeddings {
  std::vector<AddedToken> tokens;
  at::Tensor rows;  ///< as `AddedVectors` has them; undefined: none
};

/// Those of `embeddings` that are for the reader of that number among a model's.
ReadersEmbeddings embeddings_for(std::span<const Embedding> embeddings, std::size_t reader);

/// What a reader makes of a weighted prompt: each chunk alone, its states multiplied by the weights and then as a whole
/// by what gives them back their mean if they had one, as AUTOMATIC1111's web UI does (`EmphasisOriginal` in
/// modules/sd_emphasis.py); the chunks one behind the other. The pooled text is that of the first, without weights.
/// `skip` and what is thrown: as in `TextEncoder::encode`; `UsageError` also where the weights leave no mean.
TextEncoding read_weighted(const PromptReader& reader, const WeightedPrompt& prompt,
                           const ReadersEmbeddings& embeddings, std::optional<int> skip);

/// Lengthens what a reader made of a prompt to that many chunks with that of an empty prompt, as AUTOMATIC1111 does
/// where it is told to pad.
void pad_to_chunks(TextEncoding& encoding, std::size_t chunks, const PromptReader& reader, std::optional<int> skip);

}  // namespace deepcache_gen
