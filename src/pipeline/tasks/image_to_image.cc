#include "pipeline/tasks/task_table.h"

namespace deepcache_gen {

// From a picture with noise to another (SDEdit; Meng et al., arXiv 2108.01073).
PictureTask image_to_image() {
  return {.name = "image to image",
          .is_asked_for = [](const GenerationSettings& settings) { return settings.init_picture.has_value(); },
          .reads = [](const GenerationSettings&, const ModelInfo& model) { return parts_of_picture_input(model); },
          .plan =
              [](const GenerationSettings& settings) {
                Pass pass = pass_of_strength(settings, settings.steps, settings.strength);
                pass.start = Start::picture;
                return std::vector<Pass>{pass};
              }};
}

}  // namespace deepcache_gen
