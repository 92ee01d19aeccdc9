#include "pipeline/image_job.h"

#include <tuple>

namespace deepcache_gen {
namespace {

auto shared_by_a_batch(const GenerationSettings& settings) {
  return std::tuple(settings.width, settings.height, settings.steps, settings.scheduler.sampler,
                    settings.scheduler.sigma_schedule, settings.interval, settings.branch, settings.guided());
}

}  // namespace

bool can_share_batch(const GenerationPlan& a, const GenerationPlan& b) {
  return shared_by_a_batch(a.settings) == shared_by_a_batch(b.settings);
}

}  // namespace deepcache_gen
