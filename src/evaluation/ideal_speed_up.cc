#include "evaluation/ideal_speed_up.h"

namespace deepcache_gen {
namespace {

double unet_multiply_adds(const UNetArithmetic& unet, const CachePlan& cache, double latent_pixels) {
  return cache.count(StepKind::full) * unet.full_pass(latent_pixels) +
         cache.count(StepKind::cached) * unet.cached_pass(cache.branch, latent_pixels);
}

}  // namespace

std::optional<double> ideal_speed_up(const ModelInfo& model, const GenerationPlan& plan) {
  if (!model.arithmetic) return {};
  const ModelArithmetic& parts = *model.arithmetic;
  const GenerationSettings& settings = plan.settings;
  const auto pixels = static_cast<double>(model.latent_pixels(settings.width, settings.height));
  const int halves = settings.guided() ? 2 : 1;
  const double every_image = parts.decoder.at(pixels);
  const double once = halves * parts.text;
  const auto total = [&](double unet) { return once + settings.image_count * (halves * unet + every_image); };
  const double uncached = static_cast<double>(plan.steps.size()) * parts.unet.full_pass(pixels);
  return total(uncached) / total(unet_multiply_adds(parts.unet, plan.cache, pixels));
}

}  // namespace deepcache_gen
