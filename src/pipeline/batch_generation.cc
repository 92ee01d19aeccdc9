#include "pipeline/batch_generation.h"

#include <ATen/TensorOperators.h>

#include <map>
#include <optional>

#include "backend/free_memory.h"
#include "backend/synchronize.h"
#include "image/resize.h"
#include "pipeline/batch_noise.h"
#include "pipeline/denoising_loop.h"
#include "pipeline/enlarged_latents.h"
#include "pipeline/out_of_memory_message.h"
#include "pipeline/picture_latents.h"
#include "pipeline/preview.h"
#include "pipeline/step_clock.h"
#include "pipeline/step_watch.h"
#include "pipeline/to_image.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

// Of what only classifier-free guidance reads.
void warn_of_no_effect(const GenerationSettings& settings, const PromptEncoder::Warn& warn) {
  if (settings.guided()) return;
  const std::string reason = settings.guidance_is_embedded ? "because the model's UNet takes the guidance scale itself"
                                                           : "at a guidance scale of 1 or below";
  if (settings.negative_prompt || settings.negative_prompt_2) warn("the negative prompt has no effect " + reason);
  if (settings.guidance_rescale != 0) warn("--guidance-rescale has no effect " + reason);
}

// With guidance the unconditional half comes first, as diffusers has it.
Conditioning arrange(const std::vector<ImageConditioning>& images) {
  std::vector<Conditioning> rows;
  for (const ImageConditioning& image : images) {
    if (image.unconditional) rows.push_back(*image.unconditional);
  }
  for (const ImageConditioning& image : images) rows.push_back(image.prompt);
  return concatenate(rows);
}

// What a pass begins with, and what it goes on with beside the latents.
struct Beginning {
  at::Tensor latents;
  at::Tensor beside{};                ///< see `Denoiser`
  std::optional<KeptLatents> kept{};  ///< see `run_denoising_loop`
};

class BatchGeneration {
 public:
  BatchGeneration(const ModelInfo& model, const Placement& placement, const LoadedModel& parts, TileChoice& tiles,
                  const std::vector<ImageJob>& batch, Observer& observer)
      : model_(model),
        placement_(placement),
        parts_(parts),
        tiles_(tiles),
        batch_(batch),
        plan_(*batch.front().plan),
        observer_(observer) {}

  void run() {
    warn_before_beginning();
    BatchNoise noise = noise_of(plan_.passes.front());
    at::Tensor latents;
    for (const Pass& pass : plan_.passes) {
      // As if the larger picture were another: what its noise is hangs on the seed alone.
      if (pass.start == Start::enlarged) noise = noise_of(pass);
      latents = denoise(pass, conditioning_of(pass), noise, latents);
    }
    clock_.summarize(timing_);
    for (std::size_t i = 0; i < batch_.size(); ++i) finish(i, latents[static_cast<std::int64_t>(i)]);
  }

 private:
  const GenerationSettings& settings(std::size_t position) const { return batch_[position].plan->settings; }

  void warn_before_beginning() {
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      const auto warn = [&](const std::string& message) { observer_.on_warning(i, message); };
      warn_of_no_effect(settings(i), warn);
      for (const std::string& note : notes_on_input(settings(i))) warn(note);
      if (settings(i).refiner && parts_.takes_turns_newly()) {
        warn("the model and its refiner do not fit into memory together, so that each is loaded anew for every batch");
      }
    }
  }

  Conditioning conditioning_of(const Pass& pass) {
    const Stopwatch stopwatch;
    const std::vector<EncodedPrompts>& prompts = prompts_of(pass);
    std::vector<ImageConditioning> images;
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      images.push_back(
          parts_.prompt_encoder(pass.refines).arrange(prompts[i], settings(i).size_claims, pass.width, pass.height));
    }
    Conditioning conditioning = arrange(images);
    synchronize(placement_.device);
    timing_.text += stopwatch.seconds();
    return conditioning;
  }

  // Of every image; encoded once for all passes of a model.
  const std::vector<EncodedPrompts>& prompts_of(const Pass& pass) {
    std::vector<EncodedPrompts>& prompts = prompts_[pass.refines];
    for (std::size_t i = prompts.size(); i < batch_.size(); ++i) {
      const bool same_prompt = i > 0 && batch_[i].plan == batch_[i - 1].plan;
      prompts.push_back(same_prompt ? prompts.back() : encode_prompts(i, pass.refines));
    }
    return prompts;
  }

  EncodedPrompts encode_prompts(std::size_t position, bool refines) const {
    // The refiner reads what the model has read, and would say the same of it.
    const auto warn = [&](const std::string& message) {
      if (!refines) observer_.on_warning(position, message);
    };
    return parts_.prompt_encoder(refines).encode(settings(position), warn);
  }

  Guidance guidance() const {
    std::vector<const GenerationSettings*> images;
    for (const ImageJob& job : batch_) images.push_back(&job.plan->settings);
    return {images, placement_.device};
  }

  // `latents`: what the pass before ended with.
  at::Tensor denoise(const Pass& pass, const Conditioning& conditioning, BatchNoise& noise, const at::Tensor& latents) {
    const int first_call = pass.calls.front().index;
    const auto sampler = make_sampler(plan_.settings.scheduler, pass.steps, first_call);
    const int calls = static_cast<int>(pass.calls.size());
    const Beginning beginning = begin(pass, *sampler, noise, latents);
    const UNet& unet = parts_.unet(pass.refines);
    Denoiser denoiser(unet, placement_, make_policy(plan_.settings.cache), calls, conditioning, guidance(),
                      beginning.beside);
    Stopwatch stopwatch;
    StepWatch watch;
    const Curiosity curiosity = observer_.curiosity();
    const auto between_calls = [&](const LoopState& state) {
      synchronize(placement_.device);
      const double seconds = stopwatch.seconds();
      std::optional<Movement> movement;
      if (curiosity.movement) movement = watch.look(state.latents, denoiser.deep_feature());
      if (state.done > 0) report(denoiser.done(), seconds, movement);
      if (state.done > 0 && wants_preview(curiosity)) show_preview(state.denoised_estimate());
      if (observer_.stop_requested()) throw Interrupted();
      stopwatch.restart();  // after what is not part of a step
    };
    return run_denoising_loop(*sampler, denoiser, calls, beginning.latents, noise,
                              beginning.kept ? &*beginning.kept : nullptr, between_calls);
  }

  Beginning begin(const Pass& pass, const Sampler& sampler, BatchNoise& noise, const at::Tensor& latents) {
    const Step& first = sampler.steps().front();
    if (pass.start == Start::latents) return {latents};
    if (pass.start == Start::enlarged) {
      const PictureLatents larger = enlarge(pass, latents, noise);
      return {sampler.add_noise(larger.picture, larger.noise, first)};
    }
    if (!plan_.settings.init_picture) return {noise.draw() * sampler.init_noise_sigma()};
    return begin_with_picture(pass, sampler, noise);
  }

  Beginning begin_with_picture(const Pass& pass, const Sampler& sampler, BatchNoise& noise) {
    const bool unet_reads_mask = model_.unet().is_inpainting();
    const PictureUse use{pass.start == Start::picture, unet_reads_mask};
    const Stopwatch stopwatch;
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      const bool same_prompt = i > 0 && batch_[i].plan == batch_[i - 1].plan;
      prepared_.push_back(same_prompt ? prepared_.back()
                                      : std::make_shared<const PreparedPicture>(prepare_picture(settings(i))));
    }
    const PictureLatents start = encode_pictures(prepared_, use, encoding_of(pass, noise));
    synchronize(placement_.device);
    timing_.encode += stopwatch.seconds();
    Beginning beginning{use.begins_with_it ? sampler.add_noise(start.picture, start.noise, sampler.steps().front())
                                           : start.noise * sampler.init_noise_sigma()};
    if (!start.mask.defined()) return beginning;
    if (unet_reads_mask) {
      beginning.beside = channels_beside(start);
    } else {
      beginning.kept = KeptLatents{start.mask, start.picture, start.noise};
    }
    return beginning;
  }

  PictureLatents enlarge(const Pass& pass, const at::Tensor& latents, BatchNoise& noise) {
    const Upscaler& upscaler = upscaler_named(plan_.settings.hires->upscaler);
    if (!upscaler.enlarges_pixels)
      return {resized_latents(latents, upscaler, latent_sides(pass)), noise.draw(), {}, {}};
    const Stopwatch stopwatch;
    std::vector<Image> pictures;
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      const Image picture = to_image(decode_latents(i, latents[static_cast<std::int64_t>(i)]));
      pictures.push_back(resize_lanczos(picture, pass.width, pass.height));
    }
    PictureLatents larger = encode_pictures(pictures, encoding_of(pass, noise));
    synchronize(placement_.device);
    timing_.encode += stopwatch.seconds();
    return larger;
  }

  std::vector<std::int64_t> latent_sides(const Pass& pass) const {
    return {pass.height / model_.vae_scale, pass.width / model_.vae_scale};
  }

  BatchNoise noise_of(const Pass& pass) const {
    std::vector<std::int64_t> seeds;
    for (const ImageJob& job : batch_) seeds.push_back(job.seed());
    const std::vector<std::int64_t> sides = latent_sides(pass);
    return BatchNoise(seeds, {model_.latent_channels, sides[0], sides[1]}, placement_.device);
  }

  void report(const Choice& done, double seconds, const std::optional<Movement>& movement) {
    clock_.add(done.kind, seconds);
    observer_.on_step({done_calls_++, plan_.calls(), done, seconds, static_cast<int>(batch_.size()), movement});
  }

  bool wants_preview(const Curiosity& curiosity) const {
    if (!model_.preview || curiosity.preview_every == 0) return false;
    return done_calls_ % curiosity.preview_every == 0 || done_calls_ == plan_.calls();
  }

  void show_preview(const at::Tensor& latents) {
    observer_.on_preview(preview_image(*model_.preview, latents, preview_scale(latents, model_.vae_scale)));
  }

  void finish(std::size_t position, const at::Tensor& latents) {
    std::optional<GeneratedImage> image;
    try {
      image = decode(position, latents);
    } catch (const OutOfMemory&) {
      // Pictures are decoded one by one.
      return observer_.on_failure(position, explain_lack_of_memory(model_, placement_, settings(position), 1));
    } catch (const Error& error) {
      return observer_.on_failure(position, error);
    }
    observer_.on_image(position, std::move(*image));
  }

  GeneratedImage decode(std::size_t position, const at::Tensor& latents) {
    const Stopwatch stopwatch;
    const ImageJob& job = batch_[position];
    Image picture = to_image(decode_latents(position, latents));
    if (!prepared_.empty()) picture = put_back(prepared_[position]->surroundings, std::move(picture));
    GeneratedImage image{job.index, job.seed(), std::move(picture), to_latents(latents), timing_};
    image.timing.decode = stopwatch.seconds();
    return image;
  }

  // `work`: what the VAE does with a picture of those sides.
  template <class Work>
  auto in_tiles(std::size_t position, const PictureSides& sides, const Work& work) {
    const auto warn = [&](const std::string& message) { observer_.on_warning(position, message); };
    return tiles_.run(sides.width, sides.height, settings(position).vae_tile_pixels, warn, work);
  }

  PictureEncoding encoding_of(const Pass& pass, NoiseSource& noise) {
    const VaeEncoder& vae = parts_.vae_encoder();
    const auto encode = [this, &pass, &vae](std::size_t position, const at::Tensor& picture) {
      return in_tiles(position, {pass.width, pass.height},
                      [&](std::optional<int> tile) { return vae.encode(picture, tile); });
    };
    return {vae, encode, noise};
  }

  at::Tensor decode_latents(std::size_t position, const at::Tensor& latents) {
    const int scale = model_.vae_scale;
    const PictureSides sides{static_cast<int>(latents.size(2)) * scale, static_cast<int>(latents.size(1)) * scale};
    const VaeDecoder::Decoded decoded =
        in_tiles(position, sides, [&](std::optional<int> tile) { return parts_.vae_decoder().decode(latents, tile); });
    if (decoded.retried_in_float32) {
      observer_.on_warning(
          position, "the VAE overflowed in " + dtype_name(placement_) + "; the picture was decoded again in fp32");
    }
    return decoded.picture;
  }

  const ModelInfo& model_;
  const Placement& placement_;
  const LoadedModel& parts_;
  TileChoice& tiles_;
  const std::vector<ImageJob>& batch_;
  const GenerationPlan& plan_;  ///< of the first image; what passes there are is the same for all
  Observer& observer_;
  std::map<bool, std::vector<EncodedPrompts>> prompts_;  ///< of the model's own encoders, and of its refiner's
  PreparedPictures prepared_;                            ///< of every image, where it begins with one
  StepClock clock_;
  int done_calls_ = 0;  ///< of all passes
  Timing timing_;
};

}  // namespace

void generate_batch(const ModelInfo& model, const Placement& placement, const LoadedModel& parts, TileChoice& tiles,
                    const std::vector<ImageJob>& batch, Observer& observer) {
  BatchGeneration(model, placement, parts, tiles, batch, observer).run();
}

OutOfMemory explain_lack_of_memory(const ModelInfo& model, const Placement& placement,
                                   const GenerationSettings& settings, int images) {
  release_kept_memory(placement.device);
  const PictureSides sides = largest_sides(settings);
  return lack_of_memory({.images = images,
                         .width = sides.width,
                         .height = sides.height,
                         .latent_pixels = model.latent_pixels(sides.width, sides.height),
                         .placement = placement,
                         .free_bytes = device_memory(placement.device).free_bytes});
}

}  // namespace deepcache_gen
