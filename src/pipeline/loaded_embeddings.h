#pragma once

#include <map>
#include <string>
#include <vector>

#include "adapters/embedding.h"
#include "adapters/embedding_file.h"
#include "model/model_info.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// The vectors of the embeddings that pictures make use of. What was read is kept for the next batch.
class LoadedEmbeddings {
 public:
  /// Those of a picture for the text encoders of `model`, in the order of its settings. Throws `Error` where a file is
  /// another than when the picture was planned.
  std::vector<Embedding> of(const GenerationSettings& settings, const ModelInfo& model);

 private:
  const EmbeddingFile& read(const InputEmbedding& embedding);

  std::map<std::string, EmbeddingFile> by_sha256_;
};

}  // namespace deepcache_gen
