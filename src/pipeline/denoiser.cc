#include "pipeline/denoiser.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>

namespace deepcache_gen {

namespace {

at::Tensor as_column(const std::vector<double>& scales, const c10::Device& device) {
  if (scales.empty()) return {};
  return at::tensor(scales, at::dtype(at::kFloat)).view({-1, 1, 1, 1}).to(device);
}

}  // namespace

Denoiser::Denoiser(const UNetLadder& unet, const Placement& placement, const CachePlan& plan, Guidance guidance)
    : unet_(unet),
      placement_(placement),
      plan_(plan),
      conditioning_(std::move(guidance.conditioning)),
      scales_(as_column(guidance.scales, placement.device)) {}

at::Tensor Denoiser::predict(const at::Tensor& latents, double timestep) {
  const at::Tensor batch = scales_.defined() ? at::cat({latents, latents}) : latents;
  const UNetInput input{batch.to(placement_.device, placement_.dtype),
                        at::full({batch.size(0)}, timestep, at::dtype(at::kFloat).device(placement_.device)),
                        conditioning_};
  return guide(run_unet(input).to(at::kFloat));
}

at::Tensor Denoiser::run_unet(const UNetInput& input) {
  if (plan_.steps.at(next_step_++) == StepKind::cached) return unet_.shallow(input, plan_.branch, deep_feature_);
  UNetLadder::FullOutput output = unet_.full(input, plan_.branch);
  deep_feature_ = std::move(output.deep_feature);
  return output.model_output;
}

at::Tensor Denoiser::guide(const at::Tensor& model_output) const {
  if (!scales_.defined()) return model_output;
  const std::vector<at::Tensor> halves = model_output.chunk(2);
  return halves[0] + scales_ * (halves[1] - halves[0]);
}

}  // namespace deepcache_gen
