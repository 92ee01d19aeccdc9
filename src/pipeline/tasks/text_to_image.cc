#include "pipeline/tasks/task_table.h"

namespace deepcache_gen {

// From noise to a picture in one pass.
PictureTask text_to_image() {
  return {
      .name = "text to image",
      .is_asked_for = [](const GenerationSettings&) { return true; },
      .reads = [](const GenerationSettings&, const ModelInfo& model) { return parts_of_any_picture(model); },
      .plan =
          [](const GenerationSettings& settings) { return std::vector<Pass>{plan_pass(settings, settings.steps)}; }};
}

}  // namespace deepcache_gen
