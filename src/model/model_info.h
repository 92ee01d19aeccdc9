#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "model/arithmetic.h"
#include "model/file_info.h"
#include "model/model_parts.h"
#include "model/preview_map.h"
#include "support/json_object.h"

namespace deepcache_gen {

/// What the model's author recommends when the user says nothing. Caching is off unless recommended.
struct RecommendedDefaults {
  int steps = 50;
  double guidance_scale = 7.5;
  std::optional<std::string> sampler;
  int interval = 1;
  int branch = 0;
  std::optional<std::string> cache_policy;  ///< as --cache-policy has it, instead of interval and branch
  std::optional<std::string> prompt_style;  ///< as --prompt-style has it
};

/// What a model says of itself that was trained on a small world only.
struct KnownWordsInfo {
  std::string subject;                    ///< what it can draw: ends the sentence "this model only knows"
  std::string file;                       ///< its words: read by text/known_words.h
  std::vector<std::vector<int>> sizes{};  ///< width and height of what it was trained on, pixels; empty: not said
};

/// The numbers of a model's variational autoencoder, whichever half of it runs.
struct VaeInfo {
  double scaling_factor = 1;
  bool force_upcast = false;                      ///< it overflows in float16 and is run in float32 instead
  std::vector<double> latents_mean, latents_std;  ///< per channel; empty where the VAE has none
  std::optional<int> sample_size;                 ///< pixels along one side that it was trained on; unset in format 1
  std::optional<MultiplyAdds> decoding;           ///< what its decoder costs; unset: not counted
  bool is_tiny = false;  ///< diffusers' AutoencoderTiny (TAESD): its encoder gives latents, no mean and variance
};

/// A model folder's model.json (models/README.md): everything in which models differ, as data.
struct ModelInfo {
  std::filesystem::path folder;
  std::string name;
  std::string family;                         ///< see model/conditioning.h
  std::string dtype;                          ///< of the stored weights: float32, float16 or bfloat16
  int default_width = 0, default_height = 0;  ///< pixels

  std::map<std::string, PartInfo> parts;                 ///< by role (model/model_parts.h): all of them
  std::map<std::string, UNetInfo> unets;                 ///< of the parts that are UNets
  std::map<std::string, TextEncoderInfo> text_encoders;  ///< of the parts that are text encoders, in their order
  std::optional<ControlNetInfo> control_net;  ///< of the part that is one: a folder of its own, which makes no pictures
  std::optional<ControlArithmetic> control_arithmetic;  ///< what it costs; unset: not counted

  int latent_channels = 0;  ///< of the VAE
  int vae_scale = 8;        ///< pixels per latent, along one side
  VaeInfo vae;
  std::optional<PreviewMap> preview;  ///< unset in folders that were exported before it was fitted

  bool zero_unset_negative_prompt = false;  ///< without a negative prompt the unconditional embedding is zero
  JsonObject scheduler{nlohmann::json::object(), "scheduler"};  ///< read by schedulers/scheduler_config.h
  RecommendedDefaults defaults;
  std::optional<KnownWordsInfo> known_words;  ///< unset where the model says nothing
  std::optional<ModelArithmetic> arithmetic;  ///< unset in folders that were exported before it was counted
  std::map<std::string, FileInfo> files;
  std::shared_ptr<const ModelInfo> refiner;  ///< another model, whose UNet may take over; null: none

  /// The part of this role. Throws `Error`, naming model and role, where the model has none.
  const PartInfo& part(const std::string& role) const;
  /// Where that part lies, and its size and checksum, be it the model's own or borrowed; throw as `part` does.
  std::filesystem::path path_of(const std::string& role) const;
  const FileInfo& file_of(const std::string& role) const;
  /// The facts of a part that is a UNet; throws as `part` does.
  const UNetInfo& unet(const std::string& role = kUNet) const;
  int max_branch() const { return unet().rungs - 1; }
  /// Of one picture of these sides in pixels, multiples of `vae_scale`.
  std::int64_t latent_pixels(int width, int height) const {
    return std::int64_t{width / vae_scale} * (height / vae_scale);
  }
};

/// Reads `folder`/model.json and checks that the files it names are there in their sizes. Throws `Error` naming the
/// field or file and what to do.
ModelInfo read_model_info(const std::filesystem::path& folder);

}  // namespace deepcache_gen
