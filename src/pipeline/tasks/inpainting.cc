#include "pipeline/tasks/task_table.h"

namespace deepcache_gen {

// Image to image in which only what is masked changes. From a whole way, of strength 1, nothing of the picture is left
// behind the noise, so that it begins with noise alone, as diffusers has it.
PictureTask inpainting() {
  return {.name = "inpainting",
          .is_asked_for = [](const GenerationSettings& settings) { return settings.mask.has_value(); },
          .reads = [](const GenerationSettings&, const ModelInfo& model) { return parts_of_picture_input(model); },
          .plan =
              [](const GenerationSettings& settings) {
                Pass pass = pass_of_strength(settings, settings.steps, settings.strength);
                pass.start = settings.strength < 1 ? Start::picture : Start::noise;
                return std::vector<Pass>{pass};
              }};
}

}  // namespace deepcache_gen
