#include "pipeline/tasks/task_table.h"
#include "pipeline/upscalers.h"
#include "support/error.h"

namespace deepcache_gen {

namespace {

// Its steps are what is wrong where they are others than the first pass's.
Pass second_pass(const GenerationSettings& settings, const HiresSettings& hires) {
  try {
    return pass_of_strength(settings, hires.steps, hires.strength);
  } catch (const UsageError& error) {
    if (hires.steps == settings.steps) throw;
    throw UsageError("--hires-steps", "--hires-steps " + std::to_string(hires.steps) + ": " + error.what());
  }
}

}  // namespace

// Text to image, and then the same in a larger size from what came of it: a model makes the best picture in the size
// that it was trained with.
PictureTask hires() {
  return {.name = "hires",
          .is_asked_for = [](const GenerationSettings& settings) { return settings.hires.has_value(); },
          .reads =
              [](const GenerationSettings& settings, const ModelInfo& model) {
                const bool by_pixels = upscaler_named(settings.hires->upscaler).enlarges_pixels;
                return by_pixels ? parts_of_picture_input(model) : parts_of_any_picture(model);
              },
          .plan =
              [](const GenerationSettings& settings) {
                const HiresSettings& hires = *settings.hires;
                Pass first = plan_pass(settings, settings.steps);
                Pass second = second_pass(settings, hires);
                second.width = hires.width;
                second.height = hires.height;
                second.start = Start::enlarged;
                return std::vector<Pass>{std::move(first), std::move(second)};
              }};
}

}  // namespace deepcache_gen
