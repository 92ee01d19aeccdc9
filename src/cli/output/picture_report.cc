#include "cli/output/picture_report.h"

#include <nlohmann/json.hpp>

#include "pipeline/picture_settings.h"
#include "support/json_text.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

Json seconds_or_null(double seconds) { return seconds > 0 ? Json(to_microseconds(seconds)) : Json(nullptr); }

Json timing_object(const Timing& timing, double load) {
  Json object{{"load", to_microseconds(load)}, {"text", to_microseconds(timing.text)}};
  if (timing.lora > 0) object["lora"] = to_microseconds(timing.lora);
  if (timing.encode > 0) object["encode"] = to_microseconds(timing.encode);
  object.update(Json{{"denoise", to_microseconds(timing.denoise)},
                     {"decode", to_microseconds(timing.decode)},
                     {"total", to_microseconds(load + timing.total())},
                     {"full_step", seconds_or_null(timing.full_step)},
                     {"cached_step", seconds_or_null(timing.cached_step)}});
  return object;
}

Json place_in_list(std::optional<int> item, const std::string& source) {
  return item ? Json{{"item", *item}, {"source", source}} : Json::object();
}

// `full`, `cached`: UNet calls, made or planned.
Json what_was_asked(const Picture& picture, int full, int cached) {
  Json record{{"path", picture.file.string()}};
  record.update(place_in_list(picture.item, picture.source));
  record.update(settings_record(picture.settings(), picture.seed()));
  record.update(Json{{"full_steps", full}, {"cached_steps", cached}, {"model", picture.model->name}});
  if (!picture.model->vae.empty()) record["vae"] = picture.model->vae;
  return record;
}

Json what_was_asked(const Picture& picture) {
  const GenerationPlan& plan = *picture.plan;
  return what_was_asked(picture, plan.count(StepKind::full), plan.count(StepKind::cached));
}

}  // namespace

PictureReport::PictureReport(const OutputOptions& options, Results results) : results_(results), json_(options.json) {
  if (options.latents) latents_.emplace(*options.latents);
}

void PictureReport::add(const RunFacts& run, const Picture& picture, const GeneratedImage& image) {
  if (latents_) latents_->add(image.latents);
  results_.print(json_ ? json_record(run, picture, image.timing) : picture.file.string());
}

void PictureReport::add_skipped(const Picture& picture) const {
  if (json_) results_.print(skipped_record(picture));
}

void PictureReport::add_failure(const Picture& picture, const std::string& problem) const {
  if (json_) results_.print(failure_record(picture, problem));
}

void PictureReport::add_bad_line(int item, const std::string& source, const std::string& problem) const {
  if (json_) results_.print(bad_line_record(item, source, problem));
}

std::string json_record(const RunFacts& run, const Picture& picture, const Timing& timing) {
  Json record = what_was_asked(picture, timing.full_steps, timing.cached_steps);
  record["device"] = run.engine.device;
  record["dtype"] = run.engine.dtype;
  record["timing"] = timing_object(timing, run.engine.load_seconds);
  return json_text(record);
}

std::string skipped_record(const Picture& picture) {
  Json record = what_was_asked(picture);
  // The picture that is there may have another; nobody chose one.
  if (!picture.seed_chosen) record.erase("seed");
  record["skipped"] = true;
  return json_text(record);
}

std::string failure_record(const Picture& picture, const std::string& problem) {
  Json record = what_was_asked(picture);
  record["error"] = problem;
  return json_text(record);
}

std::string bad_line_record(int item, const std::string& source, const std::string& problem) {
  Json record = place_in_list(item, source);
  record["error"] = problem;
  return json_text(record);
}

}  // namespace deepcache_gen
