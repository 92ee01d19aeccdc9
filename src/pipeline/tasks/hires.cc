#include "pipeline/tasks/task_table.h"
#include "pipeline/upscalers.h"

namespace deepcache_gen {

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
                Pass first{.width = settings.width,
                           .height = settings.height,
                           .steps = settings.steps,
                           .calls = plan_calls(settings, settings.steps)};
                Pass second = pass_of_strength(settings, hires.steps, hires.strength);
                second.width = hires.width;
                second.height = hires.height;
                second.start = Start::enlarged;
                return std::vector<Pass>{std::move(first), std::move(second)};
              }};
}

}  // namespace deepcache_gen
