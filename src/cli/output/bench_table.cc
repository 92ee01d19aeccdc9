#include "cli/output/bench_table.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/terminal/progress_text.h"
#include "evaluation/bench_summary.h"
#include "support/json_text.h"
#include "support/number_text.h"
#include "support/printable.h"
#include "support/version.h"

namespace deepcache_gen {
namespace {

// Three digits, as far as they lie behind the point.
std::string seconds_number(double seconds) {
  return number_text(seconds >= 100 ? "%.0f" : seconds >= 10 ? "%.1f" : seconds >= 1 ? "%.2f" : "%.3f", seconds);
}

// " (ideal 2.43, reference 2.33)"
std::string yardsticks(const std::optional<double>& ideal, const std::optional<double>& reference) {
  std::string text;
  if (ideal) text += "ideal " + number_text("%.2f", *ideal);
  if (reference) text += (text.empty() ? "" : ", ") + ("reference " + number_text("%.2f", *reference));
  return text.empty() ? "" : " (" + text + ")";
}

// "1.12 (1.10-1.15), x 2.33 (ideal 2.43, reference 2.33)"
std::string markdown_cell(const BenchCell& cell) {
  if (!cell.problem.empty()) return printable(cell.problem);
  const std::optional<BenchSummary> summary = summary_of(cell);
  if (!summary) return "not measured";
  std::string text = seconds_number(summary->median) + " (" + seconds_number(summary->lowest) + "-" +
                     seconds_number(summary->highest) + ")";
  if (!caches(cell.setting)) return text;
  if (summary->ratio) text += ", x " + number_text("%.2f", *summary->ratio);
  return text + yardsticks(cell.ideal_ratio, summary->reference);
}

std::string caption(const GenerationSettings& settings, const RunFacts& run) {
  std::ostringstream text;
  text << printable(run.model.name) << " on " << run.engine.device << " in " << run.engine.dtype << ", "
       << count_text(settings.steps, "step") << " of " << settings.scheduler.sampler << ", guidance "
       << settings.guidance_scale << ", deepcache-gen " << kVersion
       << ". Seconds for a batch of images: median (lowest-highest), and how many times faster than without caching; "
          "ideal: by multiply-adds alone; reference: Stable Diffusion 2.1 on an A5000, diffusers' documentation.";
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
    head << " " << printable(cell.name) << " |";  // the settings are those of the first row
    rule << "---|";
  }
  return caption(cells.front().plan->settings, run) + "\n\n| pixels | batch |" + head.str() + "\n|---|---|" +
         rule.str() + rows.str();
}

using Json = nlohmann::ordered_json;

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

Json json_cell(const BenchCell& cell) {
  const std::optional<BenchSummary> summary = summary_of(cell);
  Json seconds = Json::array();
  for (const double each : cell.seconds) seconds.push_back(to_microseconds(each));
  return {
      {"size", cell.size},
      {"batch", cell.batch},
      {"setting", cell.name},
      {"interval", is_of_intervals(cell.setting) ? Json(cell.setting.whole("interval")) : Json(nullptr)},
      {"branch", cell.setting.whole("branch")},
      {"median_seconds", summary ? Json(to_microseconds(summary->median)) : Json(nullptr)},
      {"seconds", std::move(seconds)},
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
  text << "\r\n" << cell.size << ',' << cell.batch << ',';
  if (is_of_intervals(cell.setting)) text << cell.setting.whole("interval");
  text << ',' << cell.setting.whole("branch");
  for (const auto field : {&BenchSummary::median, &BenchSummary::lowest, &BenchSummary::highest}) {
    add_number(text, figure(field));
  }
  add_number(text, summary ? summary->ratio : std::nullopt);
  add_number(text, cell.ideal_ratio);
  add_number(text, summary ? summary->reference : std::nullopt);
  text << ',' << csv_field(printable(cell.problem)) << ',' << csv_field(printable(cell.name));
}

}  // namespace

std::string bench_table(const std::string& format, const std::vector<BenchCell>& cells, const RunFacts& run) {
  if (format == "json") return bench_json(cells, run);
  return format == "csv" ? bench_csv(cells) : markdown(cells, run);
}

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
          "error,setting";
  for (const BenchCell& cell : cells) add_row(text, cell);
  return text.str();
}

}  // namespace deepcache_gen
