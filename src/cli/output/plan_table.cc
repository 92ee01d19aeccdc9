#include "cli/output/plan_table.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/terminal/progress_text.h"
#include "pipeline/picture_settings.h"
#include "support/json_text.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

// What a cached call does; a full one runs all there is.
std::string table_row(int number, const GenerationPlan& plan) {
  const PlannedCall& call = plan.call(number);
  const bool is_cached = call.choice.kind == StepKind::cached;
  const std::string branch = is_cached && call.choice.runs() ? std::to_string(call.choice.branch) : "";
  char text[96];
  std::snprintf(text, sizeof text, "\n%5d %9.6g %10.4f  %-6s %7s %7d", number, call.timestep, call.sigma,
                kind_text(call.choice.kind), branch.c_str(), plan.halves(call.choice));
  return text;
}

Json json_call(int number, const GenerationPlan& plan) {
  const PlannedCall& call = plan.call(number);
  Json object{{"index", number},
              {"timestep", call.timestep},
              {"sigma", call.sigma},
              {"kind", kind_text(call.choice.kind)},
              {"branch", call.choice.branch},
              {"halves", plan.halves(call.choice)}};
  if (plan.passes.size() > 1) object["pass"] = plan.pass_of(number);
  return object;
}

// What a further pass is.
std::string pass_text(const Pass& pass) {
  const std::string size = std::to_string(pass.width) + "x" + std::to_string(pass.height);
  return pass.refines ? "the refiner" : "in " + size;
}

}  // namespace

std::string settings_line(const GenerationPlan& plan, const std::string& model) {
  const GenerationSettings& settings = plan.settings;
  return printable(model) + ": " + count_text(settings.image_count, "image") + " of " + settings_phrase(settings) +
         ", " + cache_text(settings.cache) + " (" + std::to_string(plan.count(StepKind::full)) + " full, " +
         std::to_string(plan.count(StepKind::cached)) + " cached), seed " + std::to_string(settings.seed);
}

std::string plan_table(const GenerationPlan& plan, const std::string& model) {
  std::string table = settings_line(plan, model) + "\n step  timestep      sigma  kind    branch  halves";
  std::size_t last_pass = 0;
  for (int number = 0; number < plan.calls(); ++number) {
    const std::size_t pass = plan.pass_of(number);
    if (pass != std::exchange(last_pass, pass)) table.append("\n").append(pass_text(plan.passes[pass]));
    table += table_row(number, plan);
  }
  return table;
}

std::string plan_json(const GenerationPlan& plan, const std::string& model, std::optional<int> batch_size) {
  Json calls = Json::array();
  for (int number = 0; number < plan.calls(); ++number) calls.push_back(json_call(number, plan));
  Json object{{"model", model}};
  object.update(settings_record(plan.settings, plan.settings.seed));
  object.update(Json{
      {"images", plan.settings.image_count},
      {"batch_size", batch_size ? Json(*batch_size) : Json(nullptr)},
      {"full_steps", plan.count(StepKind::full)},
      {"cached_steps", plan.count(StepKind::cached)},
      {"plan", std::move(calls)},
  });
  return json_text(object);
}

}  // namespace deepcache_gen
