#include "pipeline/denoiser.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "backend/annotation.h"

namespace deepcache_gen {
namespace {

at::Tensor conditional_half(const at::Tensor& both) { return both.chunk(2)[1]; }

bool holds_guidance(const Choice& choice) { return choice.holds_guidance; }

}  // namespace

Denoiser::Denoiser(const UNet& unet, const Placement& placement, std::vector<Choice> calls, Conditioning conditioning,
                   Guidance guidance, at::Tensor beside, std::optional<ControlPass> control)
    : unet_(unet),
      placement_(placement),
      calls_(std::move(calls)),
      conditioning_(std::move(conditioning)),
      guidance_(std::move(guidance)),
      beside_(std::move(beside)),
      control_(std::move(control)) {}

at::Tensor Denoiser::predict(const at::Tensor& latents, double timestep, double sigma) {
  done_ = next_choice();
  const Annotation annotation(done_.kind == StepKind::full ? "full call" : "cached call");
  const bool holds = done_.kind == StepKind::cached && done_.holds_guidance;
  const bool both_halves = guidance_.is_on() && !holds;
  const at::Tensor seen = beside_.defined() ? at::cat({latents, beside_}, 1) : latents;
  const at::Tensor batch = both_halves ? at::cat({seen, seen}) : seen;
  UNetInput input{batch.to(placement_.device, placement_.dtype),
                  at::full({batch.size(0)}, timestep, at::dtype(at::kFloat).device(placement_.device)),
                  conditioning_of(both_halves), nullptr, guidance_.embedded()};
  const std::optional<UNetResiduals> residuals = control_residuals(input);
  if (residuals) input.residuals = &*residuals;
  return guided(own_floats(run_unet(input, sigma)), both_halves);
}

std::optional<UNetResiduals> Denoiser::control_residuals(const UNetInput& input) {
  if (!control_) return {};
  const Annotation annotation("control nets");
  return control_->residuals(static_cast<int>(next_call_) - 1, done_, input, conditioning_of(false));
}

// Of an output that the next call may overwrite.
at::Tensor Denoiser::own_floats(const at::Tensor& output) const {
  const bool copies = !guidance_.is_on();  // which makes another tensor of it
  // A device puts it together with latents at once where both lie in memory alike.
  const auto format = output.is_cpu() ? c10::MemoryFormat::Preserve : c10::MemoryFormat::Contiguous;
  return output.to(at::kFloat, /*non_blocking=*/false, copies, format);
}

Choice Denoiser::next_choice() {
  Choice choice = calls_.at(next_call_++);
  const bool is_kept = history_.last().defined() && kept_branch_ == choice.branch;
  if (!is_kept) choice.kind = StepKind::full;
  return choice;
}

bool Denoiser::reuses_denoised() const {
  return std::any_of(calls_.begin(), calls_.end(), [](const Choice& choice) { return !choice.runs(); });
}

bool Denoiser::skips_next() const { return !calls_.at(next_call_).runs() && history_.last().defined(); }

void Denoiser::skip() { done_ = calls_.at(next_call_++); }

const Conditioning& Denoiser::conditioning_of(bool both_halves) {
  if (both_halves || !guidance_.is_on()) return conditioning_;
  if (!conditional_.context.defined()) {
    conditional_.context = conditional_half(conditioning_.context);
    for (const at::Tensor& added : conditioning_.added) conditional_.added.push_back(conditional_half(added));
  }
  return conditional_;
}

at::Tensor Denoiser::run_unet(const UNetInput& input, double sigma) {
  if (done_.kind == StepKind::cached) {
    const at::Tensor feature = history_.at(sigma, done_.extrapolation);
    const bool is_of_both = feature.size(0) != input.latents.size(0);
    return unet_.shallow(input, done_.branch, is_of_both ? conditional_half(feature) : feature);
  }
  UNet::FullOutput output = unet_.full(input, done_.branch);
  // Two are kept only where the change between them is carried on: they may be large.
  const bool carries_on = std::any_of(calls_.begin(), calls_.end(),
                                      [](const Choice& choice) { return choice.runs() && choice.extrapolation > 0; });
  if (done_.branch != kept_branch_ || !carries_on) history_.clear();
  kept_branch_ = done_.branch;
  // The next full call may overwrite it.
  history_.keep(carries_on ? output.deep_feature.clone() : std::move(output.deep_feature), sigma);
  return output.model_output;
}

// Of a call for one half the other is as far from it as it was at the last full call.
at::Tensor Denoiser::guided(const at::Tensor& model_output, bool both_halves) {
  if (!guidance_.is_on()) return model_output;
  if (!both_halves) return guidance_.combine(model_output - difference_, model_output);
  const std::vector<at::Tensor> halves = model_output.chunk(2);
  const bool is_held = std::any_of(calls_.begin(), calls_.end(), holds_guidance);
  if (done_.kind == StepKind::full && is_held) difference_ = halves[1] - halves[0];
  return guidance_.combine(halves[0], halves[1]);
}

}  // namespace deepcache_gen
