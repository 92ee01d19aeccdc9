#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "caching/policy_table.h"
#include "model/model_info.h"
#include "pipeline/file_checksums.h"
#include "pipeline/input_embedding.h"
#include "pipeline/input_picture.h"
#include "pipeline/kept_control_nets.h"
#include "pipeline/kept_tokenizers.h"
#include "pipeline/kept_tuning.h"
#include "schedulers/scheduler_config.h"

namespace deepcache_gen {

/// How prompts are read: as they stand, as diffusers does; or with weights and in chunks (text/weighted_prompt.h).
enum class PromptStyle { plain, a1111 };

/// What SDXL is told of a picture's sizes in pixels where it is not what they are (`SizeConditioning`).
struct SizeClaims {
  std::optional<int> crop_top, crop_left;                                           ///< unset: 0
  std::optional<int> original_width, original_height, target_width, target_height;  ///< unset: the pass's own
};

/// What a user asks for. What is unset is taken from the model's recommended defaults.
struct GenerationRequest {
  std::string prompt;                          ///< UTF-8
  std::optional<std::string> negative_prompt;  ///< unset is not the same as empty: SDXL zeroes the unset one
  std::optional<std::string> prompt_2,
      negative_prompt_2;                    ///< for SDXL's second encoder; unset or empty: the first ones
  std::optional<std::string> prompt_style;  ///< plain or a1111; unset: the model's
  std::optional<int> clip_skip;             ///< the layer whose states are read, from the last one, which is 1
  SizeClaims size_claims;
  std::optional<int> width, height;        ///< pixels, divisible by 8
  std::optional<int> steps;                ///< denoising steps; some samplers make more UNet calls
  std::optional<double> guidance_scale;    ///< classifier-free guidance is off at 1 and below
  std::optional<double> guidance_rescale;  ///< 0..1
  std::optional<std::string> sampler;      ///< unset: the model's own scheduler
  std::optional<std::string> sigma_schedule;
  std::optional<double> eta;  ///< 0..1; unset: the sampler's own
  /// The noise levels themselves instead of a sigma schedule; at most one of the two (schedulers/scheduler_config.h).
  std::optional<std::vector<double>> sigmas, timesteps;
  /// The steps lie on the model's curve (`place_on_curve`); with levels beside it those are what it came to.
  bool timesteps_curve = false;
  CacheRequest cache;
  std::optional<std::filesystem::path> init_image;  ///< image to image; with a mask inpainting
  std::optional<double> strength;                   ///< how much of it is painted anew, above 0 to 1
  std::optional<std::filesystem::path> mask;        ///< white is painted anew
  std::optional<double> mask_blur;                  ///< radius in pixels of the mask
  std::optional<int> mask_padding;                  ///< pixels around the mask's white; unset: the whole picture
  bool keep_unmasked = false;
  std::optional<double> hires_scale, hires_strength;
  std::optional<int> hires_steps;
  std::optional<std::string> hires_upscaler;
  std::optional<double> refiner_start;  ///< the part of the way after which the refiner takes over
  bool vae_tiling = false;
  std::optional<int> vae_tile_size;                       ///< pixels; turns tiling on
  std::vector<std::string> embeddings;                    ///< FILE or FILE:token each (pipeline/input_embedding.h)
  std::optional<std::filesystem::path> embedding_folder;  ///< of more, by the names of its files
  std::vector<std::string> loras;                         ///< FILE or FILE:WEIGHT each (pipeline/lora_names.h)
  std::optional<std::filesystem::path> lora_folder;       ///< where LoRA are looked up by name
  std::vector<std::string> control_nets;  ///< folders or names, each with the picture of its place in the next
  std::vector<std::filesystem::path> control_pictures;
  std::vector<double> control_strengths;             ///< one for each net, or one for all; empty: 1
  std::vector<double> control_starts, control_ends;  ///< likewise; parts of the calls; empty: 0 and 1
  bool control_guess = false;
  std::optional<std::string> control_cache;  ///< shallow, full or held
  std::optional<std::int64_t> seed;          ///< of the first image; image k has seed + k; unset: drawn by lot
  int image_count = 1;
  /// Of the files that the requests of a run name; copies of a request share them.
  std::shared_ptr<FileChecksums> checksums = std::make_shared<FileChecksums>();
  /// Likewise of the models that they are for.
  std::shared_ptr<KeptTokenizers> tokenizers = std::make_shared<KeptTokenizers>();
  /// The control nets that the requests of a run name.
  std::shared_ptr<KeptControlNets> known_control_nets = std::make_shared<KeptControlNets>();
  /// And what `tune` found out about those models.
  std::shared_ptr<KeptTuning> tuning = std::make_shared<KeptTuning>();
};

/// A LoRA that is added to the model's weights, as its file was when the picture was planned.
struct LoraSettings {
  std::filesystem::path file;
  std::string sha256;          ///< of the file
  std::string tensors_sha256;  ///< of its bytes behind the header, by which AUTOMATIC1111 knows it
  double weight = 1;           ///< not 0
};

/// The part of a picture that is painted anew (inpainting).
struct MaskSettings {
  InputPicture picture;
  double blur = 0;             ///< radius in pixels of the mask
  std::optional<int> padding;  ///< the box of the white and this many pixels around it is painted at full size
  bool keep_unmasked = false;  ///< pixels outside are the init picture's at last
};

/// A second pass in which the picture becomes larger.
struct HiresSettings {
  double scale = 2;
  int width = 0, height = 0;  ///< pixels
  int steps = 0;              ///< of which `strength` are made
  double strength = 0.7;
  std::string upscaler = "latent";  ///< pipeline/upscalers.h
};

/// A second UNet that takes over for the last timesteps (SDXL; Podell et al., arXiv 2307.01952, section 2.5).
struct RefinerSettings {
  std::string model;  ///< its name
  double start = 0.8;
};

/// What a control net does on cached calls.
enum class ControlCache {
  shallow,  ///< it runs the rungs whose residuals they add
  full,     ///< it runs wholly, for the same residuals: what is gained shows beside it
  held,     ///< it does not run: the residuals of the last full call are added again
};

/// A net that steers the UNet by a picture, as its files were when the picture was planned (model/control_net.h).
struct ControlNetSettings {
  std::shared_ptr<const ModelInfo> net{};
  InputPicture picture{};
  double strength = 1;        ///< 0: it takes no part
  double start = 0, end = 1;  ///< the part of a pass's calls in which it takes part

  /// Whether it does at the call of that number, from 0, of so many: as diffusers' `controlnet_keep`.
  bool takes_part(int call, int calls) const {
    const double all = calls;
    return strength != 0 && !(call / all < start || (call + 1) / all > end);
  }
};

/// A request with every default filled in, checked against the model it is for.
struct GenerationSettings {
  std::string prompt;
  std::optional<std::string> negative_prompt;
  std::optional<std::string> prompt_2, negative_prompt_2;  ///< set where they are others than the first ones
  PromptStyle prompt_style = PromptStyle::plain;
  std::optional<int> clip_skip;  ///< as in `TextEncoder::encode`; unset: the layer that the UNet was trained on
  SizeClaims size_claims;
  int width = 0, height = 0;
  int steps = 0;
  double guidance_scale = 0;
  double guidance_rescale = 0;
  bool guidance_is_embedded = false;  ///< the model's UNet takes the scale as an input (`UNetInfo::guidance_embedding`)
  SchedulerConfig scheduler;          ///< sampler, sigma schedule and what the model says about its noise
  bool timesteps_curve = false;       ///< the scheduler's own levels were chosen by the model's curve
  CacheSpec cache;
  std::optional<InputPicture> init_picture;
  double strength = 1;  ///< of the init picture
  std::optional<MaskSettings> mask;
  std::optional<HiresSettings> hires;
  std::optional<RefinerSettings> refiner;
  std::vector<InputEmbedding> embeddings;            ///< those that the prompts spell
  std::vector<std::string> unused_embeddings;        ///< tokens of others that were named; in no record
  std::vector<LoraSettings> loras;                   ///< what is added, each file once
  std::vector<std::string> asked_loras;              ///< what --lora asked for, each as FILE:WEIGHT
  std::optional<std::filesystem::path> lora_folder;  ///< set where a LoRA was found in it by name
  std::vector<ControlNetSettings> control_nets;      ///< those that add anything
  bool control_guess = false;  ///< they steer the half with the prompt alone, the outer rungs less (`guess_mode`)
  ControlCache control_cache = ControlCache::shallow;
  std::optional<int> vae_tile_pixels;  ///< side of the tiles that the VAE works on (model/vae_tiling.h); unset: none
  std::int64_t seed = 0;
  int image_count = 1;

  /// Whether guidance is classifier-free: the UNet runs for two halves, without and with the prompt.
  bool guided() const { return guidance_scale > 1.0 && !guidance_is_embedded; }
};

/// Of a picture, in pixels.
struct PictureSides {
  int width, height;
};
/// Those of the largest pass.
PictureSides largest_sides(const GenerationSettings& settings);

/// Fills in the defaults and checks every value (`picture_settings`). Throws `UsageError` naming the value, what is
/// accepted and what to do.
GenerationSettings resolve(const GenerationRequest& request, const ModelInfo& model);

}  // namespace deepcache_gen
