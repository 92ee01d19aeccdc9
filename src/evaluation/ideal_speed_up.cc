#include "evaluation/ideal_speed_up.h"

#include <algorithm>

#include "pipeline/control_costs.h"

namespace deepcache_gen {
namespace {

const std::optional<ModelArithmetic>& arithmetic_of(const ModelInfo& model, const Pass& pass) {
  return pass.refines ? model.refiner->arithmetic : model.arithmetic;
}

// Of all calls for one image: as they are planned, or each of them full.
double unet_multiply_adds(const ModelInfo& model, const GenerationPlan& plan, bool cached) {
  double sum = 0;
  for (const Pass& pass : plan.passes) {
    const UNetArithmetic& unet = arithmetic_of(model, pass)->unet;
    const auto pixels = static_cast<double>(model.latent_pixels(pass.width, pass.height));
    const auto calls = static_cast<int>(pass.calls.size());
    for (const PlannedCall& call : pass.calls) {
      const bool is_full = !cached || call.choice.kind == StepKind::full;
      const int halves = plan.halves(cached ? call.choice : Choice{});
      sum += halves * (is_full ? unet.full_pass(pixels) : unet.cached_pass(call.choice.branch, pixels));
      if (pass.refines) continue;
      const auto number = static_cast<int>(&call - pass.calls.data());
      sum += control_multiply_adds(plan.settings, cached ? call.choice : Choice{}, number, calls, pixels, halves);
    }
    if (!pass.refines) sum += control_picture_multiply_adds(plan.settings, pixels);
  }
  return sum;
}

}  // namespace

std::optional<double> plan_multiply_adds(const ModelInfo& model, const GenerationPlan& plan, bool cached) {
  const auto is_counted = [&](const Pass& pass) { return arithmetic_of(model, pass).has_value(); };
  if (!control_is_counted(plan.settings)) return {};
  if (!model.arithmetic || !std::all_of(plan.passes.begin(), plan.passes.end(), is_counted)) return {};
  const GenerationSettings& settings = plan.settings;
  const Pass& last = plan.passes.back();
  const double every_image =
      model.arithmetic->decoder.at(static_cast<double>(model.latent_pixels(last.width, last.height)));
  const double once = (settings.guided() ? 2 : 1) * model.arithmetic->text;
  return once + settings.image_count * (unet_multiply_adds(model, plan, cached) + every_image);
}

std::optional<double> ideal_speed_up(const ModelInfo& model, const GenerationPlan& plan) {
  const std::optional<double> cached = plan_multiply_adds(model, plan);
  return cached ? std::optional(*plan_multiply_adds(model, plan, false) / *cached) : std::nullopt;
}

}  // namespace deepcache_gen
