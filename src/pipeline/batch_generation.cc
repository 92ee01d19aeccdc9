#include "pipeline/batch_generation.h"

#include <ATen/TensorOperators.h>

#include <optional>

#include "backend/free_memory.h"
#include "backend/synchronize.h"
#include "pipeline/batch_noise.h"
#include "pipeline/batch_pictures.h"
#include "pipeline/batch_prompts.h"
#include "pipeline/denoising_loop.h"
#include "pipeline/out_of_memory_message.h"
#include "pipeline/preview.h"
#include "pipeline/step_clock.h"
#include "pipeline/step_watch.h"
#include "pipeline/to_image.h"
#include "support/error.h"
#include "support/interrupted.h"
#include "support/stopwatch.h"
#include "text/prompt_tags.h"

namespace deepcache_gen {
namespace {

constexpr const char* kTakesTurns =
    "the model and its refiner do not fit into memory together, so that each is loaded anew for every batch";

constexpr const char* kLoraNotOfRefiner = "LoRA are added to the model and not to its refiner";

constexpr const char* kIdleTags =
    "LoRA are added for the tags of --prompt alone; those of the other prompts are left out";

bool has_idle_tags(const GenerationSettings& settings) {
  const auto has_tags = [](const std::optional<std::string>& prompt) {
    return prompt && !take_tags(*prompt).loras.empty();
  };
  return settings.prompt_style == PromptStyle::a1111 &&
         (has_tags(settings.prompt_2) || has_tags(settings.negative_prompt) || has_tags(settings.negative_prompt_2));
}

class BatchGeneration {
 public:
  BatchGeneration(const ModelInfo& model, const Placement& placement, LoadedModel& parts, AppliedLoras& loras,
                  TileChoice& tiles, const std::vector<ImageJob>& batch, Observer& observer)
      : model_(model),
        placement_(placement),
        parts_(parts),
        loras_(loras),
        batch_(batch),
        plan_(*batch.front().plan),
        observer_(observer),
        prompts_(parts, batch, observer),
        pictures_(model, placement, parts, tiles, batch, observer) {}

  void run() {
    if (plan_.settings.refiner && parts_.takes_turns_newly()) observer_.on_warning(0, kTakesTurns);
    add_loras();
    BatchNoise noise = noise_of(plan_.passes.front());
    at::Tensor latents;
    for (const Pass& pass : plan_.passes) {
      // As if the larger picture were another: what its noise is hangs on the seed alone.
      if (pass.start == Start::enlarged) noise = noise_of(pass);
      latents = denoise(pass, tell(pass), noise, latents);
    }
    clock_.summarize(timing_);
    timing_.encode = pictures_.seconds();
    for (std::size_t i = 0; i < batch_.size(); ++i) finish(i, latents[static_cast<std::int64_t>(i)]);
  }

 private:
  const GenerationSettings& settings(std::size_t position) const { return batch_[position].plan->settings; }

  void add_loras() {
    if (plan_.settings.refiner && !plan_.settings.loras.empty()) observer_.on_warning(0, kLoraNotOfRefiner);
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      if (has_idle_tags(settings(i))) observer_.on_warning(i, kIdleTags);
    }
    const Stopwatch stopwatch;
    const bool is_new = loras_.apply(plan_.settings, [this](const std::string& line) { observer_.on_detail(line); });
    synchronize(placement_.device);
    if (is_new) timing_.lora = stopwatch.seconds();
  }

  Conditioning tell(const Pass& pass) {
    const Stopwatch stopwatch;
    Conditioning conditioning = prompts_.conditioning_of(pass);
    synchronize(placement_.device);
    timing_.text += stopwatch.seconds();
    return conditioning;
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
    std::vector<Choice> choices;
    for (const PlannedCall& call : pass.calls) choices.push_back(call.choice);
    const int calls = static_cast<int>(choices.size());
    const PassBeginning beginning = pictures_.begin(pass, *sampler, noise, latents);
    const UNet& unet = parts_.unet(pass.refines);
    Denoiser denoiser(unet, placement_, std::move(choices), conditioning, guidance(), beginning.beside);
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

  BatchNoise noise_of(const Pass& pass) const {
    std::vector<std::int64_t> seeds;
    for (const ImageJob& job : batch_) seeds.push_back(job.seed());
    const std::vector<std::int64_t> sides = pictures_.latent_sides(pass);
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
    GeneratedImage image{job.index, job.seed(), pictures_.finish(position, latents), to_latents(latents), timing_};
    image.timing.decode = stopwatch.seconds();
    return image;
  }

  const ModelInfo& model_;
  const Placement& placement_;
  LoadedModel& parts_;
  AppliedLoras& loras_;
  const std::vector<ImageJob>& batch_;
  const GenerationPlan& plan_;  ///< of the first image; what passes there are is the same for all
  Observer& observer_;
  BatchPrompts prompts_;
  BatchPictures pictures_;
  StepClock clock_;
  int done_calls_ = 0;  ///< of all passes
  Timing timing_;
};

}  // namespace

void generate_batch(const ModelInfo& model, const Placement& placement, LoadedModel& parts, AppliedLoras& loras,
                    TileChoice& tiles, const std::vector<ImageJob>& batch, Observer& observer) {
  BatchGeneration(model, placement, parts, loras, tiles, batch, observer).run();
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
