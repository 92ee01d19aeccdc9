#include "cli/output/plan_table.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/output/settings_json.h"
#include "cli/terminal/progress_text.h"
#include "support/json_text.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

std::string table_row(const PlannedStep& step) {
  char text[96];
  std::snprintf(text, sizeof text, "\n%5d %9.6g %10.4f  %s", step.index, step.timestep, step.sigma,
                kind_text(step.kind).c_str());
  return text;
}

Json json_steps(const GenerationPlan& plan) {
  Json steps = Json::array();
  for (const PlannedStep& step : plan.steps) {
    steps.push_back(Json{
        {"index", step.index}, {"timestep", step.timestep}, {"sigma", step.sigma}, {"kind", kind_text(step.kind)}});
  }
  return steps;
}

}  // namespace

std::string settings_line(const GenerationPlan& plan, const std::string& model) {
  const GenerationSettings& settings = plan.settings;
  std::ostringstream line;
  line << printable(model) << ": " << count_text(settings.image_count, "image") << " of " << settings.width << "x"
       << settings.height << ", " << count_text(settings.steps, "step") << " of " << settings.scheduler.sampler << " ("
       << settings.scheduler.sigma_schedule << "), guidance " << settings.guidance_scale << ", interval "
       << settings.interval << ", branch " << settings.branch << " (" << plan.cache.count(StepKind::full) << " full, "
       << plan.cache.count(StepKind::cached) << " cached), seed " << settings.seed;
  return line.str();
}

std::string plan_table(const GenerationPlan& plan, const std::string& model) {
  std::string table = settings_line(plan, model) + "\n step  timestep      sigma  kind";
  for (const PlannedStep& step : plan.steps) table += table_row(step);
  return table;
}

std::string plan_json(const GenerationPlan& plan, const std::string& model) {
  const GenerationSettings& settings = plan.settings;
  Json object{{"model", model}};
  object.update(settings_json(settings, settings.seed));
  object.update(Json{
      {"images", settings.image_count},
      {"batch_size", settings.batch_size ? Json(*settings.batch_size) : Json(nullptr)},
      {"interval", settings.interval},
      {"branch", settings.branch},
      {"full_steps", plan.cache.count(StepKind::full)},
      {"cached_steps", plan.cache.count(StepKind::cached)},
      {"plan", json_steps(plan)},
  });
  return json_text(object);
}

}  // namespace deepcache_gen
