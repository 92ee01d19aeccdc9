#include "cli/output/bench_table.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <sstream>

#include "evaluation/reference_table.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kStepsOfReference = 50;

std::string setting_name(const CacheSetting& setting) {
  if (setting.is_original()) return "original";
  return std::to_string(setting.interval) + "/" + std::to_string(setting.branch);
}

std::string number(const char* format, double value) {
  char text[48];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::optional<double> reference_of(const BenchCell& cell) {
  if (cell.plan->settings.steps != kStepsOfReference || cell.setting.is_original()) return {};
  return reference_ratio(cell.size, cell.batch, cell.setting);
}

double lowest(const std::vector<double>& values) { return *std::min_element(values.begin(), values.end()); }
double highest(const std::vector<double>& values) { return *std::max_element(values.begin(), values.end()); }

// "1.12 (1.10-1.15), x 2.33 (reference 2.33)"
std::string markdown_cell(const BenchCell& cell) {
  if (!cell.problem.empty()) return cell.problem;
  if (cell.seconds.empty()) return "not measured";
  std::ostringstream text;
  text << number("%.3g", median_of(cell.seconds)) << " (" << number("%.3g", lowest(cell.seconds)) << "-"
       << number("%.3g", highest(cell.seconds)) << ")";
  if (!cell.ratios.empty() && !cell.setting.is_original()) text << ", x " << number("%.2f", median_of(cell.ratios));
  if (const auto reference = reference_of(cell)) text << " (reference " << number("%.2f", *reference) << ")";
  return text.str();
}

std::string caption(const GenerationSettings& settings, const RunFacts& run) {
  std::ostringstream text;
  text << run.model.name << " on " << run.engine.device << " in " << run.engine.dtype << ", " << settings.steps
       << " steps of " << settings.scheduler.sampler << ", guidance " << settings.guidance_scale << ", deepcache-gen "
       << kVersion
       << ". Seconds for a batch of images: median (lowest-highest), and how many times faster than without caching; "
          "reference: Stable Diffusion 2.1 on an A5000, diffusers' documentation.";
  return text.str();
}

std::string markdown(const std::vector<BenchCell>& cells, const RunFacts& run) {
  std::ostringstream head, rule, rows;
  const BenchCell* before = nullptr;
  for (const BenchCell& cell : cells) {
    const bool begins_row = before == nullptr || cell.size != before->size || cell.batch != before->batch;
    if (begins_row) rows << "\n| " << cell.size << " | " << cell.batch << " |";
    rows << " " << markdown_cell(cell) << " |";
    before = &cell;
    if (cell.size != cells.front().size || cell.batch != cells.front().batch) continue;
    head << " " << setting_name(cell.setting) << " |";  // the settings are those of the first row
    rule << "---|";
  }
  return caption(cells.front().plan->settings, run) + "\n\n| pixels | batch |" + head.str() + "\n|---|---|" +
         rule.str() + rows.str();
}

Json json_cell(const BenchCell& cell) {
  const bool measured = cell.problem.empty() && !cell.seconds.empty();
  const std::optional<double> reference = reference_of(cell);
  return {
      {"size", cell.size},
      {"batch", cell.batch},
      {"setting", setting_name(cell.setting)},
      {"interval", cell.setting.interval},
      {"branch", cell.setting.branch},
      {"median_seconds", measured ? Json(median_of(cell.seconds)) : Json(nullptr)},
      {"seconds", cell.seconds},
      {"ratio", measured && !cell.ratios.empty() ? Json(median_of(cell.ratios)) : Json(nullptr)},
      {"ratios", cell.ratios},
      {"reference_ratio", reference ? Json(*reference) : Json(nullptr)},
      {"error", cell.problem.empty() ? Json(nullptr) : Json(cell.problem)},
  };
}

std::string json(const std::vector<BenchCell>& cells, const RunFacts& run) {
  const GenerationSettings& settings = cells.front().plan->settings;
  Json list = Json::array();
  for (const BenchCell& cell : cells) list.push_back(json_cell(cell));
  const Json object{
      {"version", kVersion},
      {"model", run.model.name},
      {"device", run.engine.device},
      {"dtype", run.engine.dtype},
      {"steps", settings.steps},
      {"sampler", settings.scheduler.sampler},
      {"guidance_scale", settings.guidance_scale},
      {"cells", std::move(list)},
  };
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// RFC 4180: a field with a comma, a quote or a line break stands in quotes, and quotes are doubled.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + "\"";
}

std::string csv(const std::vector<BenchCell>& cells) {
  std::ostringstream text;
  text << "size,batch,interval,branch,median_seconds,lowest_seconds,highest_seconds,ratio,reference_ratio,error";
  for (const BenchCell& cell : cells) {
    const bool measured = cell.problem.empty() && !cell.seconds.empty();
    text << "\r\n"
         << cell.size << ',' << cell.batch << ',' << cell.setting.interval << ',' << cell.setting.branch << ',';
    if (measured) text << median_of(cell.seconds) << ',' << lowest(cell.seconds) << ',' << highest(cell.seconds) << ',';
    if (!measured) text << ",,,";
    if (measured && !cell.ratios.empty()) text << median_of(cell.ratios);
    text << ',';
    if (const auto reference = reference_of(cell)) text << *reference;
    text << ',' << csv_field(cell.problem);
  }
  return text.str();
}

}  // namespace

std::string bench_table(const std::string& format, const std::vector<BenchCell>& cells, const RunFacts& run) {
  if (format == "json") return json(cells, run);
  return format == "csv" ? csv(cells) : markdown(cells, run);
}

}  // namespace deepcache_gen
