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

Movement StepWatch::look(const at::Tensor& latents, const at::Tensor& deep_feature) {
  Movement movement{0, {}};
  if (latents_.defined()) movement.latents = relative_distance(latents, latents_);
  // A cached call leaves the very tensor that was there.
  const bool is_new = deep_feature.defined() && !deep_feature.is_same(deep_feature_);
  if (is_new && deep_feature_.defined()) movement.deep_feature = relative_distance(deep_feature, deep_feature_);
  latents_ = latents;
  deep_feature_ = deep_feature;
  return movement;
}

}  // namespace deepcache_gen
