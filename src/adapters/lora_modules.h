#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "adapters/lora_keys.h"
#include "backend/weight_delta.h"

namespace deepcache_gen {

/// A layer of a model that a LoRA may change.
struct LoraModule {
  std::string role;                 ///< of the part that it lies in
  std::string weight;               ///< its published name: "down_blocks.0.resnets.0.conv1.weight"
  std::vector<std::int64_t> sizes;  ///< of the weight: [outputs, inputs], or those of a convolution
};

/// The linears and convolutions of a model by the names that LoRA files have for them. The names are made from the
/// model's, so that none has to be taken apart at its underscores.
class LoraModules {
 public:
  /// `parts`: see `LoraFile::resolve`.
  explicit LoraModules(const std::map<std::string, WeightSizes>& parts);

  /// The layer that a file names so; null where the model has none.
  const LoraModule* find(const std::string& module) const;

 private:
  void add(const std::string& role, const std::string& name, const LoraModule& module);
  void add_unet(const std::map<std::string, LoraModule>& layers);
  void add_text_encoder(const std::string& role, const std::map<std::string, LoraModule>& layers);

  std::map<std::string, std::map<std::string, LoraModule>> by_role_;  ///< and by name with underscores
};

}  // namespace deepcache_gen
