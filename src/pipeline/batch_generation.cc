#include "pipeline/batch_generation.h"

#include <ATen/TensorOperators.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "backend/annotation.h"
#include "backend/cuda_plugin.h"
#include "backend/device_clock.h"
#include "backend/free_memory.h"
#include "pipeline/batch_noise.h"
#include "pipeline/batch_pictures.h"
#include "pipeline/batch_prompts.h"
#include "pipeline/denoising_loop.h"
#include "pipeline/out_of_memory_message.h"
#include "pipeline/preview.h"
#include "pipeline/step_reports.h"
#include "pipeline/to_image.h"
#include "support/error.h"
#include "support/number_text.h"
#include "support/option_value.h"
#include "support/stopwatch.h"
#include "text/prompt_tags.h"

namespace deepcache_gen {
namespace {

constexpr const char* kTakesTurns =
    "the model and its refiner do not fit into memory together, so that each is loaded anew for every batch";

constexpr const char* kNotRecorded =
    "a UNet call could not be recorded as a CUDA graph, so that none is from here on, which takes longer: ";

constexpr const char* kLoraNotOfRefiner = "LoRA are added to the model and not to its refiner";

constexpr const char* kControlNotOfRefiner = "control nets steer the model and not its refiner";

bool steers_any(const ControlNetSettings& net, const std::vector<Pass>& passes) {
  return std::any_of(passes.begin(), passes.end(), [&](const Pass& pass) {
    const int calls = static_cast<int>(pass.calls.size());
    for (int call = 0; !pass.refines && call < calls; ++call) {
      if (net.takes_part(call, calls)) return true;
    }
    return false;
  });
}

std::string idle_text(const ControlNetSettings& net) {
  return "control net " + quoted(net.net->name) + " steers nothing: no step lies between --control-start " +
         number_text("%g", net.start) + " and --control-end " + number_text("%g", net.end);
}

constexpr const char* kIdleTags =
    "LoRA are added for the tags of --prompt alone; those of the other prompts are left out";

bool has_idle_tags(const GenerationSettings& settings) {
  const auto has_tags = [](const std::optional<std::string>& prompt) {
    return prompt && !take_tags(*prompt).loras.empty();
  };
  return settings.prompt_style == PromptStyle::a1111 &&
         (has_tags(settings.prompt_2) || has_tags(settings.negative_prompt) || has_tags(settings.negative_prompt_2));
}

// What adds up samplers' formulas; null: LibTorch.
const FusedOperators* operators_of(const Placement& placement) {
  const CudaPlugin* plugin = placement.device.is_cuda() ? cuda_plugin() : nullptr;
  return plugin ? &plugin->operators() : nullptr;
}

StepReports::ShowPreview preview_of(const ModelInfo& model, Observer& observer) {
  if (!model.preview) return {};
  return [&](const at::Tensor& latents) {
    observer.on_preview(preview_image(*model.preview, latents, preview_scale(latents, model.vae_scale)));
  };
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
        clock_(make_device_clock(placement.device)),
        prompts_(parts, batch, observer),
        pictures_(model, placement, parts, tiles, batch, *clock_, observer),
        reports_(*clock_, observer, plan_.calls(), static_cast<int>(batch.size()), preview_of(model, observer)) {}

  void run() {
    if (plan_.settings.refiner && parts_.takes_turns_newly()) observer_.on_warning(0, kTakesTurns);
    warn_of_control_nets();
    add_loras();
    BatchNoise noise = noise_of(plan_.passes.front());
    at::Tensor latents;
    for (const Pass& pass : plan_.passes) {
      // As if the larger picture were another: what its noise is hangs on the seed alone.
      if (pass.start == Start::enlarged) noise = noise_of(pass);
      latents = denoise(pass, tell(pass), noise, latents);
    }
    if (const auto problem = parts_.take_recording_problem()) observer_.on_warning(0, kNotRecorded + *problem);
    summarize();
    for (std::size_t i = 0; i < batch_.size(); ++i) finish(i, latents[static_cast<std::int64_t>(i)]);
  }

 private:
  const GenerationSettings& settings(std::size_t position) const { return batch_[position].plan->settings; }

  void warn_of_control_nets() {
    if (plan_.settings.refiner && !plan_.settings.control_nets.empty()) observer_.on_warning(0, kControlNotOfRefiner);
    for (const ControlNetSettings& net : plan_.settings.control_nets) {
      if (net.strength != 0 && !steers_any(net, plan_.passes)) observer_.on_warning(0, idle_text(net));
    }
  }

  void add_loras() {
    if (plan_.settings.refiner && !plan_.settings.loras.empty()) observer_.on_warning(0, kLoraNotOfRefiner);
    for (std::size_t i = 0; i < batch_.size(); ++i) {
      if (has_idle_tags(settings(i))) observer_.on_warning(i, kIdleTags);
    }
    auto begin = clock_->mark();
    const bool is_new = loras_.apply(plan_.settings, [this](const std::string& line) { observer_.on_detail(line); });
    if (is_new) lora_ = DeviceSpan{std::move(begin), clock_->mark()};
  }

  Conditioning tell(const Pass& pass) {
    const Annotation annotation("text");
    auto begin = clock_->mark();
    Conditioning conditioning = prompts_.conditioning_of(pass);
    text_.push_back({std::move(begin), clock_->mark()});
    return conditioning;
  }

  void summarize() {
    reports_.summarize(timing_);
    if (lora_) timing_.lora = lora_->seconds();
    for (const DeviceSpan& span : text_) timing_.text += span.seconds();
    timing_.encode = pictures_.seconds();
  }

  Guidance guidance() const {
    std::vector<const GenerationSettings*> images;
    for (const ImageJob& job : batch_) images.push_back(&job.plan->settings);
    return {images, placement_.device};
  }

  // `latents`: what the pass before ended with.
  at::Tensor denoise(const Pass& pass, const Conditioning& conditioning, BatchNoise& noise, const at::Tensor& latents) {
    const int first_call = pass.calls.front().index;
    const auto sampler = make_sampler(plan_.settings.scheduler, pass.steps, first_call, operators_of(placement_));
    std::vector<Choice> choices;
    for (const PlannedCall& call : pass.calls) choices.push_back(call.choice);
    const int calls = static_cast<int>(choices.size());
    const PassBeginning beginning = pictures_.begin(pass, *sampler, noise, latents);
    const UNet& unet = parts_.unet(pass.refines);
    Denoiser denoiser(unet, placement_, std::move(choices), conditioning, guidance(), beginning.beside, control(pass));
    at::Tensor ended = run_denoising_loop(*sampler, denoiser, calls, beginning.latents, noise,
                                          beginning.kept ? &*beginning.kept : nullptr,
                                          [&](const LoopState& state) { reports_.between_calls(state, denoiser); });
    reports_.await_all();
    return ended;
  }

  // Of the model alone: the refiner's UNet is another, which no control net is made for.
  std::optional<ControlPass> control(const Pass& pass) {
    if (pass.refines || plan_.settings.control_nets.empty()) return {};
    std::vector<ControlPass::Net> nets;
    for (const ControlNetSettings& settings : plan_.settings.control_nets) {
      const std::shared_ptr<const ControlNet> net = parts_.control_net(*settings.net);
      const at::Tensor pictures = pictures_.control_pictures(pass, nets.size());
      nets.push_back({net, net->embed(pictures.to(placement_.dtype)), settings});
    }
    return ControlPass(std::move(nets), static_cast<int>(pass.calls.size()), plan_.settings);
  }

  BatchNoise noise_of(const Pass& pass) const {
    std::vector<std::int64_t> seeds;
    for (const ImageJob& job : batch_) seeds.push_back(job.seed());
    const std::vector<std::int64_t> sides = pictures_.latent_sides(pass);
    return BatchNoise(seeds, {model_.latent_channels, sides[0], sides[1]}, placement_.device);
  }

  void finish(std::size_t position, const at::Tensor& latents) {
    std::optional<GeneratedImage> image;
    try {
      image = decode(position, latents);
    } catch (const OutOfMemory&) {
      if (parts_.forget_recordings()) return finish(position, latents);  // which gives up their memory
      // Pictures are decoded one by one.
      return observer_.on_failure(position, explain_lack_of_memory(model_, placement_, settings(position), 1));
    } catch (const Error& error) {
      return observer_.on_failure(position, error);
    }
    observer_.on_image(position, std::move(*image));
  }

  GeneratedImage decode(std::size_t position, const at::Tensor& latents) {
    const Annotation annotation("decode");
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
  const std::unique_ptr<DeviceClock> clock_;
  BatchPrompts prompts_;
  BatchPictures pictures_;
  StepReports reports_;
  std::optional<DeviceSpan> lora_;
  std::vector<DeviceSpan> text_;  ///< of each pass
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
