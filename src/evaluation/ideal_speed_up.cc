#include "evaluation/ideal_speed_up.h"

namespace deepcache_gen {
namespace {

// Of all calls for one image: as they are planned, or each of them full.
double unet_multiply_adds(const ModelInfo& model, const GenerationPlan& plan, bool cached) {
  const UNetArithmetic& unet = model.arithmetic->unet;
  double sum = 0;
  for (const Pass& pass : plan.passes) {
    const auto pixels = static_cast<double>(model.latent_pixels(pass.width, pass.height));
    for (const PlannedCall& call : pass.calls) {
      const bool is_full = !cached || call.choice.kind == StepKind::full;
      const int halves = plan.settings.guided() && (!cached || call.choice.guided) ? 2 : 1;
      sum += halves * (is_full ? unet.full_pass(pixels) : unet.cached_pass(call.choice.branch, pixels));
    }
  }
  return sum;
}

}  // namespace

std::optional<double> ideal_speed_up(const ModelInfo& model, const GenerationPlan& plan) {
  if (!model.arithmetic) return {};
  const GenerationSettings& settings = plan.settings;
  const Pass& last = plan.passes.back();
  const double every_image =
      model.arithmetic->decoder.at(static_cast<double>(model.latent_pixels(last.width, last.height)));
  const double once = (settings.guided() ? 2 : 1) * model.arithmetic->text;
  const auto total = [&](double unet) { return once + settings.image_count * (unet + every_image); };
  return total(unet_multiply_adds(model, plan, false)) / total(unet_multiply_adds(model, plan, true));
}

}  // namespace deepcache_gen
