#include "pipeline/tasks/task_table.h"

namespace deepcache_gen {

// From noise to a picture in one pass.
PictureTask text_to_image() {
  return {.name = "text to image",
          .is_asked_for = [](const GenerationSettings&) { return true; },
          .reads =
              [](const ModelInfo& model) {
                std::vector<std::string> roles{kUNet, kVaeDecoder};
                for (const auto& [role, encoder] : model.text_encoders) roles.push_back(role);
                return roles;
              },
          .plan =
              [](const GenerationSettings& settings) {
                return std::vector<Pass>{
                    {.width = settings.width, .height = settings.height, .calls = plan_calls(settings)}};
              }};
}

}  // namespace deepcache_gen
