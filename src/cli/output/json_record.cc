#include "cli/output/json_record.h"

#include <nlohmann/json.hpp>

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

Json seconds_or_null(double seconds) { return seconds > 0 ? Json(seconds) : Json(nullptr); }

Json timing_object(const Timing& timing, double load) {
  return {
      {"load", load},
      {"text", timing.text},
      {"denoise", timing.denoise},
      {"decode", timing.decode},
      {"total", load + timing.text + timing.denoise + timing.decode},
      {"full_step", seconds_or_null(timing.full_step)},
      {"cached_step", seconds_or_null(timing.cached_step)},
  };
}

}  // namespace

std::string json_record(const RunFacts& run, const GeneratedImage& image, const std::filesystem::path& path) {
  const GenerationSettings& settings = run.plan.settings;
  const Json record{
      {"path", path.string()},
      {"prompt", settings.prompt},
      {"negative_prompt", settings.negative_prompt ? Json(*settings.negative_prompt) : Json(nullptr)},
      {"seed", image.seed},
      {"width", settings.width},
      {"height", settings.height},
      {"steps", settings.steps},
      {"sampler", settings.scheduler.sampler},
      {"scheduler", settings.scheduler.sigma_schedule},
      {"interval", settings.interval},
      {"branch", settings.branch},
      {"full_steps", run.plan.cache.count(StepKind::full)},
      {"cached_steps", run.plan.cache.count(StepKind::cached)},
      {"model", run.model},
      {"device", run.device},
      {"dtype", run.dtype},
      {"timing", timing_object(image.timing, run.load_seconds)},
  };
  return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace deepcache_gen
