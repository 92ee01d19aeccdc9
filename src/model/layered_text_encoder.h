#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/module.h"
#include "model/model_parts.h"
#include "model/text_encoder.h"

namespace deepcache_gen {

/// The modules of a text encoder, cut into layers by the exporter.
struct TextEncoderModules {
  std::unique_ptr<Module> token_embedding;      ///< (ids [batch, length]) -> vectors [batch, length, hidden_size]
  std::unique_ptr<Module> positions;            ///< (vectors) -> hidden: adds those of the positions
  std::vector<std::unique_ptr<Module>> layers;  ///< (hidden) -> hidden; no token sees those after it
  std::unique_ptr<Module> final_norm;           ///< (hidden) -> hidden
  std::unique_ptr<Module> projection;           ///< (pooled [batch, hidden_size]) -> [batch, projection_size]; or null
};

/// A text encoder whose layers run one by one, so that any of them can be read.
class LayeredTextEncoder : public TextEncoder {
 public:
  /// `name`: what messages call it. Throws `Error` where there are not as many layers as `info` says, or a projection
  /// is missing.
  LayeredTextEncoder(std::string name, const TextEncoderInfo& info, TextEncoderModules modules, c10::Device device);
  /// With `final_norm` of the model's description, whichever layer is read.
  TextEncoding encode(const TokenIds& ids, std::optional<int> skip, const AddedVectors& added) const override;

 private:
  PartModules modules() const override;
  std::size_t layers_until(std::optional<int> skip) const;
  at::Tensor run(const Module& module, const std::string& part, const at::Tensor& input) const;
  at::Tensor embed(const TokenIds& ids, const at::Tensor& added) const;
  at::Tensor run_layers(at::Tensor hidden, std::size_t first, std::size_t last) const;
  at::Tensor normed(const at::Tensor& hidden) const;
  at::Tensor pooled(const at::Tensor& normed, const TokenIds& ids, bool added_may_end) const;

  std::string name_;
  TextEncoderInfo info_;
  TextEncoderModules modules_;
  c10::Device device_;
};

/// Where a prompt ends, at which its text is pooled: the first `end_id`, or the first of the highest id where that is
/// unset; 0 where there is none. As transformers' CLIPTextModel has it. `added_may_end`: as `AddedVectors` has it.
std::size_t end_of_prompt(std::vector<std::int64_t> ids, std::optional<std::int64_t> end_id, bool added_may_end = true);

}  // namespace deepcache_gen
