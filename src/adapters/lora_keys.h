#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// The name of a tensor in a LoRA file, taken apart: the layer that it changes, as the file names it, and which of the
/// layer's tensors it is: "down", "up", "mid", "alpha", or as LyCORIS names those of LoHa and LoKr, "hada_w1_a" and so
/// on.
struct LoraKey {
  std::string module;
  std::string part;
};

/// Takes a name apart, whatever trainer wrote it; unset where it is no name of a LoRA.
std::optional<LoraKey> lora_key(std::string_view key);

/// What is not computed with, if the tensor of this name is part of it: "DoRA" and others.
std::optional<std::string> refused_form(std::string_view key);

/// A layer's name without what says in which part of a model it lies.
struct LayerName {
  std::string role;  ///< "unet", "text_encoder" or "text_encoder_2"
  std::string name;  ///< with underscores for dots
};

/// What the name of a layer may mean, the likeliest first. Without a prefix it is of a UNet, or else of a text encoder.
std::vector<LayerName> layer_names(std::string_view module);

/// `name` with underscores in place of its dots, as kohya writes it.
std::string underscored(std::string_view name);

/// The family of models whose cross-attention reads states of this width, for messages: "SD 1.5", "SDXL"; unset where
/// none is known.
std::optional<std::string> family_of_context(std::int64_t width);

}  // namespace deepcache_gen
