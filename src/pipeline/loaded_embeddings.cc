#include "pipeline/loaded_embeddings.h"

#include <ATen/ops/tensor.h>

#include <utility>

#include "support/error.h"

namespace deepcache_gen {
namespace {

// Of 16 MB each at most, and of some kilobytes as a rule.
constexpr std::size_t kMostEmbeddings = 64;

at::Tensor as_tensor(const EmbeddingVectors& vectors) {
  return at::tensor(vectors.numbers, at::kFloat).view({vectors.count, vectors.width});
}

}  // namespace

std::vector<Embedding> LoadedEmbeddings::of(const GenerationSettings& settings, const ModelInfo& model) {
  if (settings.embeddings.empty()) return {};
  if (by_sha256_.size() > kMostEmbeddings) by_sha256_.clear();
  const std::vector<EncoderHalf> halves = encoder_halves(model);
  std::vector<Embedding> embeddings;
  for (const InputEmbedding& input : settings.embeddings) {
    const EmbeddingFile& file = read(input);
    Embedding& embedding = embeddings.emplace_back(Embedding{input.token, {}});
    for (const EncoderHalf& half : halves) {
      embedding.vectors.push_back(as_tensor(file.vectors_for(half.name, half.width, half.longest, model.name)));
    }
  }
  return embeddings;
}

const EmbeddingFile& LoadedEmbeddings::read(const InputEmbedding& embedding) {
  const auto known = by_sha256_.find(embedding.sha256);
  if (known != by_sha256_.end()) return known->second;
  EmbeddingFile file(embedding.file);
  if (file.sha256() != embedding.sha256) {
    throw Error(embedding.file.string() +
                ": has changed since the run began; run it again for the embedding that is there now");
  }
  return by_sha256_.emplace(embedding.sha256, std::move(file)).first->second;
}

}  // namespace deepcache_gen
