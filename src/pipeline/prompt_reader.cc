#include "pipeline/prompt_reader.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cmath>

#include "backend/to_device.h"
#include "support/error.h"
#include "text/prompt_chunks.h"
#include "text/prompt_frame.h"

namespace deepcache_gen {
namespace {

bool is_one(double weight) { return weight == 1; }

// Less of the mean magnitude than this is what rounding leaves of a mean of zero.
constexpr double kNoMean = 1e-4;

double mean_of(const at::Tensor& states) { return states.mean(at::kDouble).item<double>(); }

// What gives weighted states their mean back. States that never had one, such as those of an untrained norm, keep
// theirs.
double mean_ratio(const at::Tensor& states, const at::Tensor& multiplied) {
  const double mean = mean_of(states);
  if (!std::isfinite(mean) || std::abs(mean) <= kNoMean * mean_of(states.abs())) return 1;
  const double left = mean_of(multiplied);
  if (std::abs(left) > kNoMean * mean_of(multiplied.abs())) return mean / left;
  throw UsageError("the weights of the prompt cancel each other out; give others");
}

at::Tensor weighed(const at::Tensor& hidden, const std::vector<double>& weights) {
  if (std::all_of(weights.begin(), weights.end(), is_one)) return hidden;
  const at::Tensor states = hidden.to(at::kFloat);
  const at::Tensor factors = to_device(at::tensor(weights, at::kFloat), states.device()).view({1, -1, 1});
  const at::Tensor multiplied = states * factors;
  return (multiplied * mean_ratio(states, multiplied)).to(hidden.scalar_type());
}

}  // namespace

ReadersEmbeddings embeddings_for(std::span<const Embedding> embeddings, std::size_t reader) {
  ReadersEmbeddings known;
  std::vector<at::Tensor> rows;
  std::int64_t next = kFirstAddedId;
  for (const Embedding& embedding : embeddings) {
    const at::Tensor& vectors = embedding.vectors.at(reader);
    if (!vectors.defined()) continue;
    AddedToken token{embedding.token, {}};
    for (std::int64_t i = 0; i < vectors.size(0); ++i) token.ids.push_back(next++);
    known.tokens.push_back(std::move(token));
    rows.push_back(vectors);
  }
  if (!rows.empty()) known.rows = at::cat(rows);
  return known;
}

TextEncoding read_weighted(const PromptReader& reader, const WeightedPrompt& prompt,
                           const ReadersEmbeddings& embeddings, std::optional<int> skip) {
  std::vector<at::Tensor> hidden;
  at::Tensor pooled;
  for (const PromptChunk& chunk : chunk_prompt(*reader.tokenizer, prompt, embeddings.tokens)) {
    const TextEncoding encoding = reader.text_encoder->encode({chunk.ids}, skip, {embeddings.rows, false});
    hidden.push_back(weighed(encoding.hidden, chunk.weights));
    if (!pooled.defined()) pooled = encoding.pooled;
  }
  return {hidden.size() == 1 ? hidden.front() : at::cat(hidden, 1), pooled};
}

void pad_to_chunks(TextEncoding& encoding, std::size_t chunks, const PromptReader& reader, std::optional<int> skip) {
  const PromptChunk empty = empty_chunk(*reader.tokenizer);
  const std::size_t there = static_cast<std::size_t>(encoding.hidden.size(1)) / empty.ids.size();
  if (there >= chunks) return;
  std::vector<at::Tensor> hidden{encoding.hidden};
  const at::Tensor padding = reader.text_encoder->encode({empty.ids}, skip, {}).hidden;
  hidden.insert(hidden.end(), chunks - there, padding);
  encoding.hidden = at::cat(hidden, 1);
}

}  // namespace deepcache_gen
