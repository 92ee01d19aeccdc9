#include "pipeline/pipeline.h"

#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include <optional>

#include "backend/cuda_settings.h"
#include "backend/foreign_errors.h"
#include "backend/free_memory.h"
#include "backend/heap.h"
#include "backend/synchronize.h"
#include "backend/threads.h"
#include "pipeline/batch_noise.h"
#include "pipeline/batch_size.h"
#include "pipeline/denoising_loop.h"
#include "pipeline/loaded_model.h"
#include "pipeline/out_of_memory_message.h"
#include "pipeline/preview.h"
#include "pipeline/step_clock.h"
#include "pipeline/step_watch.h"
#include "pipeline/tile_choice.h"
#include "pipeline/to_image.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

// Makes room for what may be tried next, and says what this was too little for.
OutOfMemory explain_lack_of_memory(const ModelInfo& model, const Placement& placement,
                                   const GenerationSettings& settings, int images) {
  release_kept_memory(placement.device);
  return lack_of_memory({.images = images,
                         .width = settings.width,
                         .height = settings.height,
                         .latent_pixels = model.latent_pixels(settings.width, settings.height),
                         .placement = placement,
                         .free_bytes = device_memory(placement.device).free_bytes});
}

// Of what only classifier-free guidance reads.
void warn_of_no_effect(const GenerationSettings& settings, const PromptEncoder::Warn& warn) {
  if (settings.guided()) return;
  const std::string reason = settings.guidance_is_embedded ? "because the model's UNet takes the guidance scale itself"
                                                           : "at a guidance scale of 1 or below";
  if (settings.negative_prompt) warn("the negative prompt has no effect " + reason);
  if (settings.guidance_rescale != 0) warn("--guidance-rescale has no effect " + reason);
}

// One batch on its way through a loaded model.
class BatchGeneration {
 public:
  BatchGeneration(const ModelInfo& model, const Placement& placement, const LoadedModel& parts,
                  TileChoice& tiles, const std::vector<ImageJob>& batch, Observer& observer)
      : model_(model),
        placement_(placement),
        parts_(parts),
        tiles_(tiles),
        batch_(batch),
        plan_(*batch.front().plan),
        observer_(observer) {}

  void run() {
    const Conditioning conditioning = encode_prompts();
    BatchNoise noise = draw_from_seeds();
    at::Tensor latents;
    for (const Pass& pass : plan_.passes) latents = denoise(pass, conditioning, noise, latents);
    clock_.summarize(timing_);
    for (std::size_t i = 0; i < batch_.size(); ++i) finish(i, latents[static_cast<std::int64_t>(i)]);
  }

 private:
  const GenerationSettings& settings(std::size_t position) const { return batch_[position].plan->settings; }

  Conditioning encode_prompts() {
    const Stopwatch stopwatch;
    std::vector<PromptEncoder::Encoded> encoded;
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      const bool same_prompt = i > 0 && batch_[i].plan == batch_[i - 1].plan;
      encoded.push_back(same_prompt ? encoded.back() : encode_prompt(i));
    }
    Conditioning conditioning = arrange(encoded);
    synchronize(placement_.device);
    timing_.text = stopwatch.seconds();
    return conditioning;
  }

  PromptEncoder::Encoded encode_prompt(std::size_t position) {
    const auto warn = [&](const std::string& message) { observer_.on_warning(position, message); };
    warn_of_no_effect(settings(position), warn);
    return parts_.prompt_encoder.encode(settings(position), warn);
  }

  // With guidance the unconditional half comes first, as diffusers has it.
  static Conditioning arrange(const std::vector<PromptEncoder::Encoded>& encoded) {
    std::vector<Conditioning> rows;
    for (const PromptEncoder::Encoded& image : encoded) {
      if (image.unconditional) rows.push_back(*image.unconditional);
    }
    for (const PromptEncoder::Encoded& image : encoded) rows.push_back(image.prompt);
    return concatenate(rows);
  }

  Guidance guidance() const {
    std::vector<const GenerationSettings*> images;
    for (const ImageJob& job : batch_) images.push_back(&job.plan->settings);
    return {images, placement_.device};
  }

  // `latents`: what the pass before ended with.
  at::Tensor denoise(const Pass& pass, const Conditioning& conditioning, BatchNoise& noise, const at::Tensor& latents) {
    const int first_call = pass.calls.front().index;
    const auto sampler = make_sampler(plan_.settings.scheduler, plan_.settings.steps, first_call);
    const int calls = static_cast<int>(pass.calls.size());
    Denoiser denoiser(parts_.unet(pass.unet), placement_, make_policy(plan_.settings.cache), calls, conditioning,
                      guidance());
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
    const at::Tensor first = pass.start == Start::noise ? noise.draw() * sampler->init_noise_sigma() : latents;
    return run_denoising_loop(*sampler, denoiser, calls, first, noise, between_calls);
  }

  BatchNoise draw_from_seeds() const {
    std::vector<std::int64_t> seeds;
    for (const ImageJob& job : batch_) seeds.push_back(job.seed());
    const Pass& first = plan_.passes.front();
    return BatchNoise(seeds, {model_.latent_channels, first.height / model_.vae_scale, first.width / model_.vae_scale},
                      placement_.device);
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
    const auto warn = [&](const std::string& message) { observer_.on_warning(position, message); };
    const GenerationSettings& asked = settings(position);
    const VaeDecoder::Decoded decoded =
        tiles_.run(asked.width, asked.height, asked.vae_tile_pixels, warn,
                   [&](std::optional<int> tile) { return parts_.vae.decode(latents, tile); });
    if (decoded.retried_in_float32) {
      observer_.on_warning(
          position, "the VAE overflowed in " + dtype_name(placement_) + "; the picture was decoded again in fp32");
    }
    const ImageJob& job = batch_[position];
    GeneratedImage image{job.index, job.seed(), to_image(decoded.picture), to_latents(latents), timing_};
    image.timing.decode = stopwatch.seconds();
    return image;
  }

  const ModelInfo& model_;
  const Placement& placement_;
  const LoadedModel& parts_;
  TileChoice& tiles_;
  const std::vector<ImageJob>& batch_;
  const GenerationPlan& plan_;  ///< of the first image; what passes there are is the same for all
  Observer& observer_;
  StepClock clock_;
  int done_calls_ = 0;  ///< of all passes
  Timing timing_;
};

// Address space for activations and for weights, which take twice their file where float16 becomes float32.
std::size_t expected_memory(const ModelInfo& model) {
  std::size_t bytes = std::size_t{2} << 30;
  for (const auto& [name, file] : model.files) bytes += 2 * file.size;
  for (const auto& [role, part] : model.parts) bytes += part.lender ? 2 * part.lender->file.size : 0;
  return bytes;
}

LoadedModel load_without_gradients(const VerifiedModel& model, const Placement& placement, int threads) {
  use_threads(threads);
  prepare_huge_pages(expected_memory(model.info()));
  const at::NoGradGuard no_gradients;
  return load_model(model, placement);
}

int thread_count(const ExecutionOptions& options) {
  return resolve_thread_count(options.threads, options.engines_on_cpu);
}

std::int64_t free_share(const Placement& placement, const ExecutionOptions& options) {
  release_kept_memory(placement.device);
  return free_memory(placement.device) / (placement.device.is_cpu() ? options.engines_on_cpu : 1);
}

Placement prepare_device(const ModelInfo& model, const ExecutionOptions& options) {
  const Placement placement = resolve_placement(options, model.dtype);
  apply_cuda_settings(placement, options);
  return placement;
}

}  // namespace

struct Pipeline::Parts {
  Stopwatch stopwatch;
  ModelInfo model;
  int threads;
  Placement placement;
  LoadedModel loaded;
  std::int64_t free_bytes;
  TileChoice tiles;
  double load_seconds;
  bool tf32;
  std::optional<int> batch_size;

  Parts(const VerifiedModel& verified, const ExecutionOptions& options)
      : model(verified.info()),
        threads(thread_count(options)),
        placement(prepare_device(model, options)),
        loaded(load_without_gradients(verified, placement, threads)),
        free_bytes(free_share(placement, options)),
        tiles(model, placement, free_bytes),
        load_seconds(verified.seconds() + stopwatch.seconds()),
        tf32(options.tf32),
        batch_size(options.batch_size) {}
};

Pipeline::Pipeline(const VerifiedModel& model, const ExecutionOptions& options)
    : parts_(translate_foreign_errors(options.device, [&] { return std::make_unique<Parts>(model, options); })) {}

Pipeline::~Pipeline() = default;

void Pipeline::check(const ModelInfo& model, const ExecutionOptions& options) {
  thread_count(options);
  check_batch_size(options.batch_size);
  prepare_device(model, options);
}

EngineFacts Pipeline::facts() const {
  return {device_name(parts_->placement), parts_->tf32 ? "tf32" : dtype_name(parts_->placement), parts_->load_seconds};
}

int Pipeline::batch_size(const GenerationSettings& settings) const {
  const std::int64_t latent_pixels = parts_->model.latent_pixels(settings.width, settings.height);
  return choose_batch_size(parts_->batch_size, latent_pixels, parts_->free_bytes);
}

void Pipeline::generate(const std::vector<ImageJob>& batch, Observer& observer) const {
  const c10::InferenceMode inference;
  use_threads(parts_->threads);  // the model may have been loaded by another thread
  try {
    translate_foreign_errors(device_name(parts_->placement), [&] {
      BatchGeneration(parts_->model, parts_->placement, parts_->loaded, parts_->tiles, batch, observer).run();
    });
  } catch (const std::exception& error) {
    if (!tells_out_of_memory(error)) throw;
    throw explain_lack_of_memory(parts_->model, parts_->placement, batch.front().plan->settings,
                                 static_cast<int>(batch.size()));
  }
}

}  // namespace deepcache_gen
