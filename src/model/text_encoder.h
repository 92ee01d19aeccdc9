#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backend/module.h"
#include "backend/placement.h"
#include "model/model_info.h"

namespace deepcache_gen {

/// What a text encoder makes of a batch of prompts.
struct TextEncoding {
  at::Tensor hidden;  ///< [batch, max_length, hidden_size], of the layer that the UNet was trained on
  at::Tensor pooled;  ///< [batch, pooled_size]; pooled_size may be 0
};

/// A text encoder of the model, such as CLIP's (Radford et al., arXiv 2103.00020).
class TextEncoder {
 public:
  /// `module`: what `info` names.
  TextEncoder(const TextEncoderInfo& info, std::unique_ptr<Module> module, c10::Device device);
  /// `ids`: one vector of max_length token ids per prompt. Throws `Error` where the encoder returns anything but the
  /// two in the sizes that model.json says.
  TextEncoding encode(const std::vector<std::vector<std::int64_t>>& ids) const;

 private:
  std::string name_;
  std::int64_t hidden_size_, pooled_size_;
  std::unique_ptr<Module> module_;
  c10::Device device_;
};

}  // namespace deepcache_gen
