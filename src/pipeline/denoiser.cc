#include "pipeline/denoiser.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>

#include <utility>
#include <vector>

namespace deepcache_gen {
namespace {

at::Tensor conditional_half(const at::Tensor& both) { return both.chunk(2)[1]; }

}  // namespace

Denoiser::Denoiser(const UNet& unet, const Placement& placement, std::unique_ptr<CachePolicy> policy, int calls,
                   Conditioning conditioning, Guidance guidance, at::Tensor beside)
    : unet_(unet),
      placement_(placement),
      policy_(std::move(policy)),
      calls_(calls),
      conditioning_(std::move(conditioning)),
      guidance_(std::move(guidance)),
      beside_(std::move(beside)) {}

at::Tensor Denoiser::predict(const at::Tensor& latents, double timestep) {
  done_ = next_choice();
  const bool both_halves = guidance_.is_on() && done_.guided;
  const at::Tensor seen = beside_.defined() ? at::cat({latents, beside_}, 1) : latents;
  const at::Tensor batch = both_halves ? at::cat({seen, seen}) : seen;
  const UNetInput input{batch.to(placement_.device, placement_.dtype),
                        at::full({batch.size(0)}, timestep, at::dtype(at::kFloat).device(placement_.device)),
                        conditioning_of(both_halves), nullptr, guidance_.embedded()};
  const at::Tensor model_output = run_unet(input).to(at::kFloat);
  if (!both_halves) return model_output;
  const std::vector<at::Tensor> halves = model_output.chunk(2);
  return guidance_.combine(halves[0], halves[1]);
}

Choice Denoiser::next_choice() {
  Choice choice = policy_->choose({next_call_++, calls_});
  if (choice.kind == StepKind::full) return choice;
  const bool is_kept = deep_feature_.defined() && kept_branch_ == choice.branch;
  const bool lacks_a_half = guidance_.is_on() && choice.guided && !done_.guided;
  if (!is_kept || lacks_a_half) choice.kind = StepKind::full;
  return choice;
}

const Conditioning& Denoiser::conditioning_of(bool both_halves) {
  if (both_halves || !guidance_.is_on()) return conditioning_;
  if (!conditional_.context.defined()) {
    conditional_.context = conditional_half(conditioning_.context);
    for (const at::Tensor& added : conditioning_.added) conditional_.added.push_back(conditional_half(added));
  }
  return conditional_;
}

at::Tensor Denoiser::run_unet(const UNetInput& input) {
  if (done_.kind == StepKind::cached) {
    // Of a full step with guidance both halves were kept.
    if (deep_feature_.size(0) != input.latents.size(0)) deep_feature_ = conditional_half(deep_feature_);
    return unet_.shallow(input, done_.branch, deep_feature_);
  }
  UNet::FullOutput output = unet_.full(input, done_.branch);
  deep_feature_ = std::move(output.deep_feature);
  kept_branch_ = done_.branch;
  return output.model_output;
}

}  // namespace deepcache_gen
