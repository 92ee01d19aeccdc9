#include <algorithm>

#include "pipeline/settings/setting_rows.h"
#include "schedulers/sampler_rows.h"
#include "schedulers/step_plan.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using Request = GenerationRequest;
using Settings = GenerationSettings;

constexpr const char* kCurveFlag = "--timesteps-curve";

// Those of the sampler's own way with so many steps, noisiest first.
std::vector<Step> solver_steps(const SchedulerConfig& config, int steps) {
  std::vector<Step> opening = plan_steps(config, steps);
  std::erase_if(opening, [](const Step& call) { return !call.opens; });
  return opening;
}

// Of the way that the steps are chosen from: as many as the model recommends, where the sampler has so many.
int way_of(const ModelInfo& model, const Settings& settings, const SamplerRow* sampler) {
  const bool is_distilled = sampler != nullptr && sampler->spacing == Spacing::distilled;
  const SchedulerConfig& config = settings.scheduler;
  const int most = is_distilled ? config.original_inference_steps : config.num_train_timesteps;
  return std::max(settings.steps, std::min(model.defaults.steps, most));
}

// Samplers that follow timesteps are told those; what lies on a schedule of sigmas is told sigmas.
void step_at(const std::vector<Step>& way, const std::vector<int>& places, Settings& settings) {
  const ScheduleRow* schedule = find_schedule(settings.scheduler.sigma_schedule);
  const bool is_of_timesteps = schedule == nullptr || schedule->is_of_timesteps();
  std::vector<double>& levels = is_of_timesteps ? settings.scheduler.timesteps : settings.scheduler.sigmas;
  for (const int place : places) {
    const Step& step = way[static_cast<std::size_t>(place)];
    levels.push_back(is_of_timesteps ? step.timestep : step.sigma);
  }
  if (!is_of_timesteps) levels.push_back(way.back().next_sigma);
  settings.scheduler.sigma_schedule = "discrete";
}

// A call that runs nothing and keeps what was said of the picture is as none, so its curve is the nearest; the power
// law where the model was not tuned.
CacheCurve curve_of(const Request& request, const ModelInfo& model, int calls, int count) {
  const std::shared_ptr<const TunedCaching> tuned = request.tuning->of(model);
  if (!tuned) return {calls, {}};
  const CacheSpec placed{"", {{kFullCalls.name, static_cast<double>(count)}, {kReuse.name, 1}}, {}, {calls, {}}};
  return {calls, tuned_knots(*tuned, placed)};
}

void resolve_curve(const Request& request, const ModelInfo& model, Settings& settings) {
  settings.timesteps_curve = request.timesteps_curve;
  // A record says both, and what it came to then is what counts.
  if (!request.timesteps_curve || request.timesteps || request.sigmas) return;
  const SamplerRow* sampler = find_sampler(settings.scheduler.sampler);
  if (sampler != nullptr && !sampler->takes_timesteps()) {
    throw UsageError(kCurveFlag, std::string(kCurveFlag) + ": sampler '" + std::string(sampler->name) +
                                     "' steps by equal strides only; add --sampling-method ddim, say");
  }
  const std::vector<Step> way = solver_steps(settings.scheduler, way_of(model, settings, sampler));
  const int calls = static_cast<int>(way.size());
  step_at(way, place_on_curve(curve_of(request, model, calls, settings.steps), calls, settings.steps), settings);
}

PictureSetting timesteps_curve() {
  return {.names = kCurveFlag,
          .topic = "Sampling",
          .help =
              "Spread the steps as cache policies do full ones, close at first: those of the model's usual number of "
              "steps on its tuned curve, else on one that fits most. Fewer steps are then as good as they can be.",
          .rivals = {"--sigmas", "--timesteps", "--scheduler"},
          .in_bench = true,
          .read = read_into(&Request::timesteps_curve),
          .resolve = resolve_curve,
          .key = "timesteps_curve",
          .value = said_unless(false, &Settings::timesteps_curve),
          .is_compared = false,  // what it came to is
          .infotext = "Timesteps curve",
          .label = "timesteps on the curve"};
}

}  // namespace

std::vector<PictureSetting> curve_rows() { return {timesteps_curve()}; }

}  // namespace deepcache_gen
