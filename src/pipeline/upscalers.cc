#include "pipeline/upscalers.h"

#include <array>

#include "support/closest_name.h"
#include "support/error.h"

namespace deepcache_gen {

std::span<const Upscaler> upscalers() {
  static constexpr std::array kUpscalers{
      Upscaler{.name = "latent", .infotext = "Latent", .enlarges_pixels = false, .smooth = true},
      Upscaler{.name = "latent-nearest", .infotext = "Latent (nearest)", .enlarges_pixels = false, .smooth = false},
      Upscaler{.name = "lanczos", .infotext = "Lanczos", .enlarges_pixels = true, .smooth = true},
  };
  return kUpscalers;
}

std::vector<std::string> upscaler_names() {
  std::vector<std::string> names;
  for (const Upscaler& upscaler : upscalers()) names.emplace_back(upscaler.name);
  return names;
}

const Upscaler& upscaler_named(const std::string& name) {
  for (const Upscaler& upscaler : upscalers()) {
    if (upscaler.name == name) return upscaler;
  }
  throw UsageError("--hires-upscaler", "--hires-upscaler: " + unknown_name_message("upscaler", name, upscaler_names()));
}

}  // namespace deepcache_gen
