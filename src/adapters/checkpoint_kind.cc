#include "adapters/checkpoint_kind.h"

#include <array>
#include <string_view>

#include "adapters/lora_keys.h"

namespace deepcache_gen {
namespace {

constexpr const char* kExport = "deepcache-gen export FILE";
constexpr const char* kExportFolder = "deepcache-gen export, within the diffusers folder that it belongs to";
constexpr const char* kExportNet = "deepcache-gen export FILE; then --control-net";
constexpr const char* kNothing = "nothing here; it is not read yet";

class Names {
 public:
  explicit Names(const SafetensorsHeader& header) : tensors_(header.tensors) {}

  bool has(const std::string& name) const { return tensors_.contains(name); }
  bool has_below(const std::string& prefix) const {
    const auto found = tensors_.lower_bound(prefix);
    return found != tensors_.end() && found->first.starts_with(prefix);
  }
  // The width of the second dimension.
  std::optional<std::int64_t> inputs(const std::string& name) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end() || found->second.sizes.size() < 2) return {};
    return found->second.sizes[1];
  }
  // Of the states that a cross-attention below `prefix` reads.
  std::optional<std::int64_t> context(const std::string& prefix) const {
    for (auto each = tensors_.lower_bound(prefix); each != tensors_.end(); ++each) {
      if (!each->first.starts_with(prefix)) break;
      if (each->first.ends_with(".attn2.to_k.weight")) return inputs(each->first);
    }
    return {};
  }
  std::optional<std::string> family(const std::string& prefix) const {
    const std::optional<std::int64_t> width = context(prefix);
    return width ? family_of_context(*width) : std::nullopt;
  }

 private:
  const std::map<std::string, StoredTensor>& tensors_;
};

std::string for_inputs(std::optional<std::int64_t> channels) {
  if (channels == 9) return " for inpainting";
  if (channels == 5) return " that reads a depth";
  if (channels == 8) return " that reads a picture beside (InstructPix2Pix)";
  return "";
}

std::optional<CheckpointKind> original_model(const Names& names) {
  for (const std::string prefix : {"model.diffusion_model.", "diffusion_model.", "control_model.", ""}) {
    const std::optional<std::int64_t> channels = names.inputs(prefix + "input_blocks.0.0.weight");
    if (!channels) continue;
    const std::optional<std::string> family = names.family(prefix);
    if (names.has(prefix + "input_hint_block.0.weight")) return CheckpointKind{"ControlNet", family, kExportNet};
    if (names.has_below("first_stage_model.")) {
      return CheckpointKind{"checkpoint of a whole model" + for_inputs(channels), family, kExport, true};
    }
    return CheckpointKind{"UNet" + for_inputs(channels) + ", without VAE and text encoder", family, kNothing};
  }
  return {};
}

std::optional<CheckpointKind> diffusers_unet(const Names& names) {
  const std::optional<std::int64_t> channels = names.inputs("conv_in.weight");
  if (!channels || !names.has("time_embedding.linear_1.weight")) return {};
  const std::optional<std::string> family = names.family("");
  if (names.has("controlnet_cond_embedding.conv_in.weight")) return CheckpointKind{"ControlNet", family, kExportNet};
  return CheckpointKind{"UNet" + for_inputs(channels) + " of a diffusers folder", family, kExportFolder};
}

std::optional<CheckpointKind> autoencoder(const Names& names) {
  constexpr const char* kVae = "deepcache-gen export, as the VAE of a diffusers folder; then --vae";
  if (names.has_below("decoder.layers.") || names.has_below("encoder.layers.0.weight")) {
    return CheckpointKind{"tiny VAE (TAESD)", {}, kVae};
  }
  for (const std::string prefix : {"", "first_stage_model."}) {
    const std::optional<std::int64_t> channels = names.inputs(prefix + "decoder.conv_in.weight");
    if (!channels) continue;
    return CheckpointKind{"VAE with " + std::to_string(*channels) + " latent channels", {}, kVae};
  }
  return {};
}

std::optional<CheckpointKind> text_encoder(const Names& names) {
  for (const std::string prefix : {"text_model.", ""}) {
    const std::optional<std::int64_t> width = names.inputs(prefix + "embeddings.token_embedding.weight");
    if (!width) continue;
    return CheckpointKind{"text encoder with " + std::to_string(*width) + " numbers a token", {}, kExportFolder};
  }
  return {};
}

std::optional<CheckpointKind> another_architecture(const Names& names) {
  for (const char* prefix : {"double_blocks.", "model.diffusion_model.double_blocks.", "joint_blocks.",
                             "model.diffusion_model.joint_blocks.", "transformer_blocks."}) {
    if (names.has_below(prefix)) return CheckpointKind{"diffusion transformer", {}, "nothing here; a UNet is needed"};
  }
  return {};
}

}  // namespace

std::optional<CheckpointKind> checkpoint_kind(const SafetensorsHeader& header) {
  const Names names(header);
  for (const auto kind : {original_model, diffusers_unet, autoencoder, text_encoder, another_architecture}) {
    if (const std::optional<CheckpointKind> found = kind(names)) return found;
  }
  return {};
}

}  // namespace deepcache_gen
