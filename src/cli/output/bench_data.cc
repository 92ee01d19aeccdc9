#include "cli/output/bench_data.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "evaluation/bench_summary.h"
#include "support/json_text.h"
#include "support/printable.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json json_cell(const BenchCell& cell) {
  const std::optional<BenchSummary> summary = summary_of(cell);
  return {
      {"size", cell.size},
      {"batch", cell.batch},
      {"setting", short_cache_text(cell.setting)},
      {"interval", cell.setting.whole("interval")},
      {"branch", cell.setting.whole("branch")},
      {"median_seconds", summary ? Json(summary->median) : Json(nullptr)},
      {"seconds", cell.seconds},
      {"ratio", summary ? or_null(summary->ratio) : Json(nullptr)},
      {"ratios", cell.ratios},
      {"ideal_ratio", or_null(cell.ideal_ratio)},
      {"reference_ratio", summary ? or_null(summary->reference) : Json(nullptr)},
      {"error", cell.problem.empty() ? Json(nullptr) : Json(cell.problem)},
  };
}

// RFC 4180: a field with a comma, a quote or a line break stands in quotes, and quotes are doubled.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + "\"";
}

void add_number(std::ostream& text, const std::optional<double>& value) {
  text << ',';
  if (value) text << *value;
}

void add_row(std::ostream& text, const BenchCell& cell) {
  const std::optional<BenchSummary> summary = summary_of(cell);
  const auto figure = [&](double BenchSummary::*field) {
    return summary ? std::optional<double>((*summary).*field) : std::nullopt;
  };
  text << "\r\n"
       << cell.size << ',' << cell.batch << ',' << cell.setting.whole("interval") << ','
       << cell.setting.whole("branch");
  for (const auto field : {&BenchSummary::median, &BenchSummary::lowest, &BenchSummary::highest}) {
    add_number(text, figure(field));
  }
  add_number(text, summary ? summary->ratio : std::nullopt);
  add_number(text, cell.ideal_ratio);
  add_number(text, summary ? summary->reference : std::nullopt);
  text << ',' << csv_field(printable(cell.problem));
}

}  // namespace

std::string bench_json(const std::vector<BenchCell>& cells, const RunFacts& run) {
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
  return json_text(object);
}

std::string bench_csv(const std::vector<BenchCell>& cells) {
  std::ostringstream text;
  text << "size,batch,interval,branch,median_seconds,lowest_seconds,highest_seconds,ratio,ideal_ratio,reference_ratio,"
          "error";
  for (const BenchCell& cell : cells) add_row(text, cell);
  return text.str();
}

}  // namespace deepcache_gen
