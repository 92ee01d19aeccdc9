#include "pipeline/request.h"

#include "pipeline/picture_settings.h"

namespace deepcache_gen {

PictureSides largest_sides(const GenerationSettings& settings) {
  if (settings.hires) return {settings.hires->width, settings.hires->height};
  return {settings.width, settings.height};
}

GenerationSettings resolve(const GenerationRequest& request, const ModelInfo& model) {
  GenerationSettings settings;
  for (const PictureSetting& setting : picture_settings()) {
    if (setting.resolve) setting.resolve(request, model, settings);
  }
  return settings;
}

}  // namespace deepcache_gen
