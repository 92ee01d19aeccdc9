#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace deepcache_gen {

/// What the metadata of a file say of the alphas of its layers: diffusers writes the configuration of PEFT there
/// (`lora_adapter_metadata`, a JSON text with "unet.lora_alpha", "unet.alpha_pattern" and so on).
class LoraAlphas {
 public:
  /// Of files that say nothing.
  LoraAlphas() = default;
  /// Throws `Error` where what they say is not read: it is no JSON, is for DoRA, or has regular expressions.
  explicit LoraAlphas(const std::map<std::string, std::string>& metadata);

  /// What a product of this rank is multiplied with: alpha / rank, or alpha / sqrt(rank) of rank-stabilised LoRA
  /// (Kalajdzievski, arXiv 2312.03732); unset where nothing is said. `layer`: its path in the part.
  std::optional<double> scale(const std::string& role, const std::string& layer, std::int64_t rank) const;

 private:
  struct Config {
    std::optional<double> alpha;
    std::map<std::string, double> patterns;  ///< names, or ends of names, of layers that have another
    bool is_rank_stabilised = false;
  };

  std::map<std::string, Config> by_role_;  ///< "" of a file that names no part
};

}  // namespace deepcache_gen
