#pragma once

#include <memory>
#include <string>

#include "backend/module.h"
#include "model/model_parts.h"
#include "model/text_encoder.h"

namespace deepcache_gen {

/// A text encoder of a folder of format 1: one module, which returns the states that the UNet was trained on and the
/// pooled text, and no other.
class WholeTextEncoder : public TextEncoder {
 public:
  /// `name`: what messages call it. `module`: (ids [batch, max_length]) -> (hidden, pooled), as `TextEncoding` has
  /// them.
  WholeTextEncoder(std::string name, const TextEncoderInfo& info, std::unique_ptr<Module> module, c10::Device device);
  TextEncoding encode(const TokenIds& ids, std::optional<int> skip, const AddedVectors& added) const override;

 private:
  std::string name_;
  std::int64_t hidden_size_, projection_size_;
  int skip_;
  std::unique_ptr<Module> module_;
  c10::Device device_;
};

}  // namespace deepcache_gen
