#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/arithmetic.h"
#include "model/preview_map.h"
#include "support/json_object.h"

namespace deepcache_gen {

/// Size and checksum of one file of a model folder.
struct FileInfo {
  std::uintmax_t size = 0;
  std::string sha256;                ///< 64 lower-case hexadecimal digits
  std::vector<std::string> same_as;  ///< checksums of other files with the same numbers, such as earlier exports

  /// Whether a file of this SHA-256 has the same numbers as this one.
  bool is_same_as(const std::string& other_sha256) const;
};

/// A text encoder of the model and the tokenizer in front of it.
struct TextEncoderInfo {
  std::string
      file;  ///< (ids [batch, max_length]) -> (hidden [batch, max_length, hidden_size], pooled [batch, pooled_size])
  int hidden_size;
  int pooled_size;           ///< 0: none
  std::string hidden_layer;  ///< last or penultimate: which layer the exported encoder returns
  int max_length;            ///< tokens, bos and eos included
  JsonObject tokenizer;      ///< read by text/tokenizer.h
};

/// What the model's author recommends when the user says nothing. Caching is off unless recommended.
struct RecommendedDefaults {
  int steps = 50;
  double guidance_scale = 7.5;
  std::optional<std::string> sampler;
  int interval = 1;
  int branch = 0;
};

/// What a model says of itself that was trained on a small world only.
struct KnownWordsInfo {
  std::string subject;  ///< what it can draw: ends the sentence "this model only knows"
  std::string file;     ///< its words: read by text/known_words.h
};

/// A model folder's model.json (models/README.md): everything in which models differ, as data.
struct ModelInfo {
  std::filesystem::path folder;
  std::string name;
  std::string family;                         ///< see model/conditioning.h
  std::string dtype;                          ///< of the stored weights: float32, float16 or bfloat16
  int default_width = 0, default_height = 0;  ///< pixels

  std::string unet_file;
  int rungs = 0;  ///< down rungs of the UNet ladder = its skips; branches are 0..rungs - 1
  int latent_channels = 0;
  int context_size = 0;  ///< width of the text states that the cross-attention sees

  std::string vae_decoder_file;
  double vae_scaling_factor = 1;
  int vae_scale = 8;                              ///< pixels per latent, along one side
  bool vae_force_upcast = false;                  ///< the VAE overflows in float16 and is run in float32 instead
  std::vector<double> latents_mean, latents_std;  ///< per channel; empty where the VAE has none
  std::optional<PreviewMap> preview;              ///< unset in folders that were exported before it was fitted

  std::vector<TextEncoderInfo> text_encoders;
  bool zero_unset_negative_prompt = false;  ///< without a negative prompt the unconditional embedding is zero
  JsonObject scheduler{nlohmann::json::object(), "scheduler"};  ///< read by schedulers/scheduler_config.h
  RecommendedDefaults defaults;
  std::optional<KnownWordsInfo> known_words;  ///< unset where the model says nothing
  std::optional<ModelArithmetic> arithmetic;  ///< unset in folders that were exported before it was counted
  std::map<std::string, FileInfo> files;

  int max_branch() const { return rungs - 1; }
  /// Of one picture of these sides in pixels, multiples of `vae_scale`.
  std::int64_t latent_pixels(int width, int height) const {
    return std::int64_t{width / vae_scale} * (height / vae_scale);
  }
};

/// Reads `folder`/model.json and checks that the files it names are there in their sizes. Throws `Error` naming the
/// field or file and what to do.
ModelInfo read_model_info(const std::filesystem::path& folder);

}  // namespace deepcache_gen
