#include "pipeline/request.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "schedulers/sampler_table.h"
#include "support/error.h"
#include "text/utf8.h"

namespace deepcache_gen {
namespace {

constexpr int kLargestSide = 8192;
constexpr int kMostSteps = 1000;
constexpr int kMostImages = 100000;
constexpr int kLargestBatch = 256;

int checked(const char* flag, int value, int low, int high, const std::string& why = "") {
  if (value >= low && value <= high) return value;
  throw UsageError(std::string(flag) + " " + std::to_string(value) + ": expected " + std::to_string(low) + " to " +
                   std::to_string(high) + why);
}

int checked_side(const char* flag, int value, int vae_scale) {
  checked(flag, value, vae_scale, kLargestSide, " pixels");
  if (value % vae_scale == 0) return value;
  const int below = value - value % vae_scale;
  throw UsageError(std::string(flag) + " " + std::to_string(value) + ": must be divisible by " +
                   std::to_string(vae_scale) + "; the nearest are " + std::to_string(below) + " and " +
                   std::to_string(below + vae_scale));
}

double checked_guidance(double scale) {
  if (std::isfinite(scale) && scale >= 0) return scale;
  std::ostringstream message;
  message << "--cfg-scale " << scale << ": expected a finite number of 0 or more (1 and below: no guidance)";
  throw UsageError(message.str());
}

int resolved_interval(const GenerationRequest& request, const ModelInfo& model, int steps) {
  if (!request.interval) return std::min(model.defaults.interval, steps);
  return checked("--interval", *request.interval, 1, steps, ", the number of steps (1: no caching)");
}

int resolved_branch(const GenerationRequest& request, const ModelInfo& model) {
  if (!request.branch) return model.defaults.branch;
  if (!request.interval && model.defaults.interval == 1) {
    throw UsageError("--branch " + std::to_string(*request.branch) +
                     ": has no effect without caching; add --interval N with N of 2 or more");
  }
  return *request.branch;
}

std::int64_t checked_seed(std::int64_t seed, int image_count) {
  if (seed >= 0 && seed <= std::numeric_limits<std::int64_t>::max() - image_count) return seed;
  throw UsageError("--seed " + std::to_string(seed) + ": expected 0 to 9223372036854775807, less the number of images");
}

SchedulerConfig resolved_scheduler(const GenerationRequest& request, const ModelInfo& model) {
  const std::optional<std::string>& sampler = request.sampler ? request.sampler : model.defaults.sampler;
  return with_sampler(read_scheduler_config(model.scheduler), sampler, request.sigma_schedule);
}

}  // namespace

GenerationSettings resolve(const GenerationRequest& request, const ModelInfo& model) {
  require_utf8(request.prompt);
  require_utf8(request.negative_prompt.value_or(""));
  const int steps = checked("--steps", request.steps.value_or(model.defaults.steps), 1, kMostSteps);
  const int count = checked("--batch-count", request.image_count, 1, kMostImages);
  if (request.batch_size) checked("--batch-size", *request.batch_size, 1, kLargestBatch);
  return {
      .prompt = request.prompt,
      .negative_prompt = request.negative_prompt,
      .width = checked_side("--width", request.width.value_or(model.default_width), model.vae_scale),
      .height = checked_side("--height", request.height.value_or(model.default_height), model.vae_scale),
      .steps = steps,
      .guidance_scale = checked_guidance(request.guidance_scale.value_or(model.defaults.guidance_scale)),
      .scheduler = resolved_scheduler(request, model),
      .interval = resolved_interval(request, model, steps),
      .branch = checked("--branch", resolved_branch(request, model), 0, model.max_branch(), " for model " + model.name),
      .seed = checked_seed(request.seed, count),
      .image_count = count,
      .batch_size = request.batch_size,
  };
}

}  // namespace deepcache_gen
