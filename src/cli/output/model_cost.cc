#include "cli/output/model_cost.h"

#include <cstdio>

namespace deepcache_gen {
namespace {

double latent_pixels(const ModelInfo& model) {
  return static_cast<double>(model.latent_pixels(model.default_width, model.default_height));
}

}  // namespace

std::string full_step_text(const ModelInfo& model) {
  const double giga = model.arithmetic->unet.full_pass(latent_pixels(model)) / 1e9;
  char text[96];
  std::snprintf(text, sizeof text, "%.*f G multiply-adds at %dx%d, twice that with guidance", giga < 10 ? 3 : 1, giga,
                model.default_width, model.default_height);
  return text;
}

std::string cached_step_text(const ModelInfo& model) {
  const UNetArithmetic& unet = model.arithmetic->unet;
  const double pixels = latent_pixels(model), full = unet.full_pass(pixels);
  std::string text;
  for (int branch = 0; branch <= model.max_branch(); ++branch) {
    char part[64];
    std::snprintf(part, sizeof part, "%s%.1f %%%s at %s%d", branch == 0 ? "" : ", ",
                  100 * unet.cached_pass(branch, pixels) / full, branch == 0 ? " of that" : "",
                  branch == 0 ? "branch " : "", branch);
    text += part;
  }
  return text;
}

}  // namespace deepcache_gen
