#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/part_weights.h"
#include "support/added_ids.h"

namespace deepcache_gen {

/// What a text encoder makes of a batch of prompts.
struct TextEncoding {
  at::Tensor hidden;  ///< [batch, max_length, hidden_size], of one of the layers
  at::Tensor pooled;  ///< [batch, projection_size], of the last layer; projection_size may be 0
};

/// Token ids of a batch of prompts: one vector of max_length ids each.
using TokenIds = std::vector<std::vector<std::int64_t>>;

/// Vectors of tokens that are in no vocabulary (textual inversion; Gal et al., arXiv 2208.01618).
struct AddedVectors {
  /// float32 [vectors, hidden_size]: row k is of the id `kFirstAddedId` + k (support/added_ids.h); undefined: none.
  at::Tensor rows{};
  /// Whether their ids, which are the highest, are where a text is pooled whose encoder knows no end id, as in
  /// transformers; else they are overlooked there, as by AUTOMATIC1111.
  bool may_end_text = true;
};

/// A text encoder of the model, such as CLIP's (Radford et al., arXiv 2103.00020).
class TextEncoder {
 public:
  virtual ~TextEncoder() = default;
  /// `skip`: whose layer's states are wanted: 1 for the last one's, 2 for those of the one before it ("clip skip");
  /// unset: the layer that the UNet was trained on. `added`: what stands in the place of token embeddings for ids of
  /// their own. Throws `UsageError` for a layer that the encoder can't give and where it takes no added vectors, and
  /// `Error` where its archive returns anything but what model.json says.
  virtual TextEncoding encode(const TokenIds& ids, std::optional<int> skip, const AddedVectors& added) const = 0;

  /// What `published_weights` and `patch_published` do (model/part_weights.h). No call may be under way.
  WeightSizes patchable_weights(const WeightNames& names) const { return published_weights(modules(), names); }
  std::vector<std::string> patch(const WeightNames& names, std::span<const NamedDelta> deltas) {
    return patch_published(modules(), names, deltas);
  }

 private:
  /// None where nothing names their weights.
  virtual PartModules modules() const { return {}; }
};

/// `ids` as one tensor on `device`: int64 [batch, max_length].
at::Tensor token_tensor(const TokenIds& ids, c10::Device device);

}  // namespace deepcache_gen
