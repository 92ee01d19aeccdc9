#include "pipeline/request.h"

#include "pipeline/picture_settings.h"
#include "schedulers/sampler_table.h"

namespace deepcache_gen {

GenerationSettings resolve(const GenerationRequest& request, const ModelInfo& model) {
  GenerationSettings settings;
  for (const PictureSetting& setting : picture_settings()) {
    if (setting.resolve) setting.resolve(request, model, settings);
  }
  const std::optional<std::string>& sampler = request.sampler ? request.sampler : model.defaults.sampler;
  settings.scheduler = with_sampler(read_scheduler_config(model.scheduler), sampler, request.sigma_schedule);
  return settings;
}

}  // namespace deepcache_gen
