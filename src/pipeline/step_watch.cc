#include "pipeline/step_watch.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/norm.h>

namespace deepcache_gen {
namespace {

double relative_distance(const at::Tensor& now, const at::Tensor& before) {
  const at::Tensor wide = before.to(at::kFloat);
  return ((now.to(at::kFloat) - wide).norm() / wide.norm()).item<double>();
}

}  // namespace

Movement StepWatch::look(const at::Tensor& latents, const at::Tensor& new_feature) {
  Movement movement{0, {}};
  if (latents_.defined()) movement.latents = relative_distance(latents, latents_);
  latents_ = latents;
  if (!new_feature.defined()) return movement;
  if (deep_feature_.defined()) movement.deep_feature = relative_distance(new_feature, deep_feature_);
  deep_feature_ = new_feature.clone();  // the next full call may overwrite it
  return movement;
}

}  // namespace deepcache_gen
