#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "model/file_info.h"
#include "model/weight_names.h"
#include "support/json_object.h"

namespace deepcache_gen {

// Roles: what the parts of a model are for, by which they are looked up. A second text encoder's is "text_encoder_2".
inline constexpr const char* kUNet = "unet";
inline constexpr const char* kVaeDecoder = "vae_decoder";
inline constexpr const char* kVaeEncoder = "vae_encoder";
inline constexpr const char* kTextEncoder = "text_encoder";
inline constexpr const char* kControlNet = "control_net";  ///< of a folder of its own, which goes with others

/// Whether `role` is that of a text encoder: the first one's, or that with "_" and a number behind it.
bool is_text_encoder(const std::string& role);

/// The model that a part belongs to which another uses (model/borrowed_parts.h).
struct PartLender {
  std::string name;
  std::filesystem::path folder;
  FileInfo file;
};

/// What is known of any part.
struct PartInfo {
  std::string file;                  ///< a TorchScript archive of the folder
  WeightNames weights;               ///< none in folders of format 1
  std::optional<PartLender> lender;  ///< whose it is; unset: the model's own
};

/// A UNet, cut into a ladder (model/unet_ladder.h).
struct UNetInfo {
  int rungs = 0;  ///< down rungs of the ladder = its skips; branches are 0..rungs - 1
  /// Channels that it reads: those of the latents, and of what an inpainting or depth model reads beside them.
  int in_channels = 0;
  int out_channels = 0;  ///< channels that it gives
  int context_size = 0;  ///< width of the text states that the cross-attention sees
  /// Width of the embedding of the guidance scale that its time embedding takes (Meng et al., arXiv 2210.03142; Luo et
  /// al., arXiv 2310.04378, section 4.2); 0: it takes none and is guided from outside.
  int guidance_embedding = 0;

  /// Whether it reads a mask and the masked picture's latents beside its own (inpainting).
  bool is_inpainting() const { return in_channels == 2 * out_channels + 1; }
};

/// A control net, cut into a ladder (model/control_net.h).
struct ControlNetInfo {
  int rungs = 0;          ///< as many as those of the UNet that it steers
  int in_channels = 0;    ///< of the latents
  int context_size = 0;   ///< as `UNetInfo` has it
  int pooled_size = 0;    ///< width of the pooled text that its time embedding takes; 0: it takes none
  int picture_scale = 8;  ///< pixels of its picture for a latent, along one side
  bool is_bgr = false;    ///< it reads the colours in the order blue, green, red
  /// Of its residuals their mean over the picture is added, to the half with the prompt alone (global_pool_conditions).
  bool pools = false;
};

/// A text encoder and the tokenizer in front of it.
struct TextEncoderInfo {
  std::optional<int> layers;  ///< unset in format 1: the archive is one module, which returns what the UNet reads
  int hidden_size = 0;
  int projection_size = 0;             ///< width of the pooled text; 0: none
  int skip = 1;                        ///< whose states the UNet reads: 1 for the last layer, 2 for the one before it
  bool final_norm = true;              ///< whether the final norm follows that layer
  std::optional<std::int64_t> end_id;  ///< text is pooled at the first of these ids; unset: at the first of the highest
  int max_length = 0;                  ///< tokens, bos and eos included
  JsonObject tokenizer{nlohmann::json::object(), "tokenizer"};  ///< read by text/tokenizer.h
};

/// What a model.json says of its parts, by their role, whatever its format.
struct PartDescription {
  std::string file;
  JsonObject facts;
};
using PartDescriptions = std::map<std::string, PartDescription>;

/// The parts of a model.json in format 1 or 2. Throws `Error` naming a field that is not what it should be, as the
/// others here do.
PartDescriptions read_part_descriptions(const JsonObject& model, int format_version);
/// `weights` of a part.
WeightNames read_weight_names(const JsonObject& facts);
/// A UNet; `latent_channels`: what it gives where it does not say.
UNetInfo read_unet_info(const JsonObject& facts, int latent_channels);
/// A control net.
ControlNetInfo read_control_net_info(const JsonObject& facts);
/// A text encoder.
TextEncoderInfo read_text_encoder_info(const JsonObject& facts, int format_version);

}  // namespace deepcache_gen
