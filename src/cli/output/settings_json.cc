#include "cli/output/settings_json.h"

#include <nlohmann/json.hpp>

namespace deepcache_gen {

using Json = nlohmann::ordered_json;

Json settings_json(const GenerationSettings& settings, std::int64_t seed) {
  return {
      {"prompt", settings.prompt},
      {"negative_prompt", settings.negative_prompt ? Json(*settings.negative_prompt) : Json(nullptr)},
      {"seed", seed},
      {"width", settings.width},
      {"height", settings.height},
      {"steps", settings.steps},
      {"guidance_scale", settings.guidance_scale},
      {"sampler", settings.scheduler.sampler},
      {"scheduler", settings.scheduler.sigma_schedule},
  };
}

}  // namespace deepcache_gen
