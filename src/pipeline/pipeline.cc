#include "pipeline/pipeline.h"

#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>

#include "backend/free_memory.h"
#include "backend/heap.h"
#include "backend/synchronize.h"
#include "backend/threads.h"
#include "pipeline/batch_size.h"
#include "pipeline/denoising_loop.h"
#include "pipeline/loaded_model.h"
#include "pipeline/step_clock.h"
#include "pipeline/to_image.h"
#include "support/interrupted.h"
#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

// The images first..first + size - 1 of a request, which share one UNet batch.
struct Batch {
  int first;
  int size;
};

Guidance guidance_for(const PromptEncoder::Encoded& encoded, double scale, int images) {
  const Conditioning prompts = repeat(encoded.prompt, images);
  if (!encoded.unconditional) return {prompts, {}};
  return {concatenate(repeat(*encoded.unconditional, images), prompts), scale};
}

// One request on its way through a loaded model.
class Generation {
 public:
  Generation(const ModelInfo& model, const Placement& placement, const LoadedModel& parts, const GenerationPlan& plan,
             Observer& observer)
      : model_(model),
        placement_(placement),
        parts_(parts),
        plan_(plan),
        settings_(plan.settings),
        observer_(observer) {}

  void run() {
    const PromptEncoder::Encoded encoded = encode_prompt();
    const int batch_size =
        choose_batch_size(settings_, latent_height() * latent_width(), free_memory(placement_.device));
    for (int first = 0; first < settings_.image_count; first += batch_size) {
      const Batch batch{first, std::min(batch_size, settings_.image_count - first)};
      const at::Tensor latents = denoise(batch, guidance_for(encoded, settings_.guidance_scale, batch.size));
      for (int i = 0; i < batch.size; ++i) finish(batch.first + i, latents[i]);
    }
  }

 private:
  std::int64_t latent_height() const { return settings_.height / model_.vae_scale; }
  std::int64_t latent_width() const { return settings_.width / model_.vae_scale; }

  PromptEncoder::Encoded encode_prompt() {
    const Stopwatch stopwatch;
    if (settings_.negative_prompt && !settings_.guided()) {
      observer_.on_warning("the negative prompt has no effect at a guidance scale of 1 or below");
    }
    PromptEncoder::Encoded encoded =
        parts_.prompt_encoder.encode(settings_, [&](const std::string& message) { observer_.on_warning(message); });
    synchronize(placement_.device);
    timing_.text = stopwatch.seconds();
    return encoded;
  }

  at::Tensor denoise(const Batch& batch, Guidance guidance) {
    const std::unique_ptr<Sampler> sampler = make_sampler(settings_.scheduler, settings_.steps);
    BatchNoise noise(settings_.seed + batch.first, batch.size,
                     {model_.latent_channels, latent_height(), latent_width()});
    Denoiser denoiser(parts_.unet, placement_, plan_.cache, std::move(guidance));
    StepClock clock;
    Stopwatch stopwatch;
    const auto between_steps = [&](int done) {
      synchronize(placement_.device);
      const double seconds = stopwatch.restart();
      if (done > 0) report(batch, done - 1, seconds, clock);
      if (observer_.stop_requested()) throw Interrupted();
    };
    const at::Tensor latents = run_denoising_loop(*sampler, denoiser, noise, placement_.device, between_steps);
    clock.summarize(timing_);
    return latents;
  }

  void report(const Batch& batch, int index, double seconds, StepClock& clock) {
    const StepKind kind = plan_.cache.steps[static_cast<std::size_t>(index)];
    clock.add(kind, seconds);
    observer_.on_step({index, static_cast<int>(plan_.steps.size()), kind, seconds, batch.first, batch.size});
  }

  void finish(int index, const at::Tensor& latents) {
    const Stopwatch stopwatch;
    const VaeDecoder::Decoded decoded = parts_.vae.decode(latents);
    if (decoded.retried_in_float32) {
      observer_.on_warning("the VAE overflowed in " + dtype_name(placement_) +
                           "; the picture was decoded again in fp32");
    }
    GeneratedImage image{index, settings_.seed + index, to_image(decoded.picture), to_latents(latents), timing_};
    image.timing.decode = stopwatch.seconds();
    observer_.on_image(std::move(image));
  }

  const ModelInfo& model_;
  const Placement& placement_;
  const LoadedModel& parts_;
  const GenerationPlan& plan_;
  const GenerationSettings& settings_;
  Observer& observer_;
  Timing timing_;
};

// Address space for activations and for weights, which take twice their file where float16 becomes float32.
std::size_t expected_memory(const ModelInfo& model) {
  std::size_t bytes = std::size_t{2} << 30;
  for (const auto& [name, file] : model.files) bytes += 2 * file.size;
  return bytes;
}

LoadedModel load_without_gradients(const ModelInfo& model, const Placement& placement) {
  keep_freed_memory();
  prepare_huge_pages(expected_memory(model));
  const at::NoGradGuard no_gradients;
  return load_model(model, placement);
}

Placement prepare(const ModelInfo& model, const ExecutionOptions& options) {
  set_thread_count(options.threads);
  return resolve_placement(options, model.dtype);
}

}  // namespace

struct Pipeline::Parts {
  Stopwatch stopwatch;
  ModelInfo model;
  Placement placement;
  LoadedModel loaded;
  double load_seconds;

  Parts(const ModelInfo& info, const ExecutionOptions& options)
      : model(info),
        placement(prepare(info, options)),
        loaded(load_without_gradients(info, placement)),
        load_seconds(stopwatch.seconds()) {}
};

Pipeline::Pipeline(const ModelInfo& model, const ExecutionOptions& options)
    : parts_(std::make_unique<Parts>(model, options)) {}

Pipeline::~Pipeline() = default;

void Pipeline::check(const ModelInfo& model, const ExecutionOptions& options) { prepare(model, options); }

void Pipeline::generate(const GenerationPlan& plan, Observer& observer) const {
  const c10::InferenceMode inference;
  Generation(parts_->model, parts_->placement, parts_->loaded, plan, observer).run();
}

std::string Pipeline::device() const { return device_name(parts_->placement); }

std::string Pipeline::dtype() const { return dtype_name(parts_->placement); }

double Pipeline::load_seconds() const { return parts_->load_seconds; }

}  // namespace deepcache_gen
