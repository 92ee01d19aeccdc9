#pragma once

#include <string>
#include <vector>

#include "model/model_info.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// The embeddings of a request by what its prompts make of them.
struct UsedEmbeddings {
  std::vector<InputEmbedding> used;
  std::vector<std::string> unused;  ///< tokens of those that are named and not spelled
};

/// Finds those embeddings of `request`, named or of a folder, that the prompts of `settings` spell, as their style has
/// them read. Others are not read. Throws `UsageError` for one that the model can't use, whose token is a word of its
/// vocabulary in the plain style, or that has the token of another.
UsedEmbeddings find_used_embeddings(const GenerationRequest& request, const ModelInfo& model,
                                    const GenerationSettings& settings);

}  // namespace deepcache_gen
