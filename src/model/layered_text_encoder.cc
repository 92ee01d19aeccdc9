#include "model/layered_text_encoder.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <utility>

#include "model/part_output.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

// Any that a vocabulary has, in the place of an added one.
constexpr std::int64_t kKnownId = 0;

std::vector<std::int64_t> known_ids(std::vector<std::int64_t> ids) {
  std::replace_if(
      ids.begin(), ids.end(), [](std::int64_t id) { return id >= kFirstAddedId; }, kKnownId);
  return ids;
}

TokenIds with_known_ids(TokenIds ids) {
  for (std::vector<std::int64_t>& row : ids) row = known_ids(std::move(row));
  return ids;
}

// `vectors` [batch, length, hidden_size] with those of the added ids in their places.
at::Tensor with_added(const at::Tensor& vectors, const TokenIds& ids, const at::Tensor& added) {
  at::Tensor replaced = vectors.clone();
  for (std::size_t row = 0; row < ids.size(); ++row) {
    for (std::size_t i = 0; i < ids[row].size(); ++i) {
      const std::int64_t number = ids[row][i] - kFirstAddedId;
      if (number < 0) continue;
      replaced.select(0, static_cast<std::int64_t>(row)).select(0, static_cast<std::int64_t>(i)).copy_(added[number]);
    }
  }
  return replaced;
}

}  // namespace

LayeredTextEncoder::LayeredTextEncoder(std::string name, const TextEncoderInfo& info, TextEncoderModules modules,
                                       c10::Device device)
    : name_(std::move(name)), info_(info), modules_(std::move(modules)), device_(device) {
  const std::size_t expected = static_cast<std::size_t>(info.layers.value_or(0)), found = modules_.layers.size();
  if (found != expected) {
    throw Error(name_ + " has " + std::to_string(found) + " layers, model.json says " + std::to_string(expected) +
                "; export the model again");
  }
}

// By the paths of the exporter's container.
PartModules LayeredTextEncoder::modules() const {
  PartModules modules{{"token_embedding", modules_.token_embedding.get()},
                      {"positions", modules_.positions.get()},
                      {"final_norm", modules_.final_norm.get()}};
  for (std::size_t i = 0; i < modules_.layers.size(); ++i) {
    modules.emplace_back("layers." + std::to_string(i), modules_.layers[i].get());
  }
  if (modules_.projection) modules.emplace_back("projection", modules_.projection.get());
  return modules;
}

TextEncoding LayeredTextEncoder::encode(const TokenIds& ids, std::optional<int> skip, const AddedVectors& added) const {
  const std::size_t wanted = layers_until(skip), all = modules_.layers.size();
  at::Tensor hidden = run_layers(embed(ids, added.rows), 0, wanted);
  TextEncoding encoding{info_.final_norm ? normed(hidden) : hidden, {}};
  if (modules_.projection) {
    hidden = run_layers(std::move(hidden), wanted, all);
    const at::Tensor last = info_.final_norm && wanted == all ? encoding.hidden : normed(hidden);
    encoding.pooled = pooled(last, ids, added.may_end_text);
  } else {
    encoding.pooled = at::empty({hidden.size(0), 0}, hidden.options());
  }
  return encoding;
}

std::size_t LayeredTextEncoder::layers_until(std::optional<int> skip) const {
  const int layers = static_cast<int>(modules_.layers.size()), chosen = skip.value_or(info_.skip);
  if (chosen >= 1 && chosen <= layers) return static_cast<std::size_t>(layers + 1 - chosen);
  throw UsageError("clip skip " + std::to_string(chosen) + ": " + name_ + " has " + std::to_string(layers) +
                   " layers; accepted are 1 (the last one) to " + std::to_string(layers));
}

at::Tensor LayeredTextEncoder::run(const Module& module, const std::string& part, const at::Tensor& input) const {
  const std::string name = name_ + ": " + part;
  at::Tensor hidden = run_part(module, name, {input});
  require_sizes(hidden, name, {input.size(0), input.size(1), info_.hidden_size});
  return hidden;
}

at::Tensor LayeredTextEncoder::embed(const TokenIds& ids, const at::Tensor& added) const {
  const at::Tensor known = token_tensor(with_known_ids(ids), device_);
  at::Tensor vectors = run(*modules_.token_embedding, "token_embedding", known);
  if (added.defined()) vectors = with_added(vectors, ids, added);
  return run(*modules_.positions, "positions", vectors);
}

at::Tensor LayeredTextEncoder::run_layers(at::Tensor hidden, std::size_t first, std::size_t last) const {
  for (std::size_t i = first; i < last; ++i) hidden = run(*modules_.layers[i], "layers." + std::to_string(i), hidden);
  return hidden;
}

at::Tensor LayeredTextEncoder::normed(const at::Tensor& hidden) const {
  return run(*modules_.final_norm, "final_norm", hidden);
}

at::Tensor LayeredTextEncoder::pooled(const at::Tensor& normed, const TokenIds& ids, bool added_may_end) const {
  std::vector<at::Tensor> rows;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto end = static_cast<std::int64_t>(end_of_prompt(ids[i], info_.end_id, added_may_end));
    rows.push_back(normed.select(0, static_cast<std::int64_t>(i)).select(0, end));
  }
  const std::string name = name_ + ": projection";
  at::Tensor projected = run_part(*modules_.projection, name, {at::stack(rows)});
  require_sizes(projected, name, {normed.size(0), info_.projection_size});
  return projected;
}

std::size_t end_of_prompt(std::vector<std::int64_t> ids, std::optional<std::int64_t> end_id, bool added_may_end) {
  if (!added_may_end) ids = known_ids(std::move(ids));
  const auto end = end_id ? std::find(ids.begin(), ids.end(), *end_id) : std::max_element(ids.begin(), ids.end());
  return end == ids.end() ? 0 : static_cast<std::size_t>(end - ids.begin());
}

}  // namespace deepcache_gen
