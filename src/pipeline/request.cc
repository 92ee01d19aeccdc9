#include "pipeline/request.h"

#include "pipeline/picture_settings.h"

namespace deepcache_gen {

GenerationSettings resolve(const GenerationRequest& request, const ModelInfo& model) {
  GenerationSettings settings;
  for (const PictureSetting& setting : picture_settings()) {
    if (setting.resolve) setting.resolve(request, model, settings);
  }
  return settings;
}

}  // namespace deepcache_gen
