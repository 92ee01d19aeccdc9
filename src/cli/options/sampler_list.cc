#include "cli/options/sampler_list.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "schedulers/sampler_rows.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Table = std::vector<TableRow>;

constexpr std::size_t kWidestLine = 120;
constexpr const char* kGap = "  ";
constexpr const char* kNone = "-";

std::string noise_text(const AddedNoise& noise) {
  if (!noise.eta) return noise.is_there ? "yes" : "none";
  return (noise.is_there ? "yes, --eta (default " : "with --eta (default ") + number_text("%g", *noise.eta) + ")";
}

std::string schedules_text(const SamplerRow& sampler) {
  const std::vector<std::string> names = sampler.schedule_names();
  if (names.size() == schedule_rows().size()) return "all";
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

// As Python calls it.
std::string diffusers_text(const SamplerRow& sampler) {
  if (sampler.diffusers_class.empty()) return kNone;
  std::string text(sampler.diffusers_class);
  if (!sampler.diffusers_arguments.empty()) text.append("(").append(sampler.diffusers_arguments).append(")");
  return text;
}

std::string diffusers_text(const ScheduleRow& schedule) {
  if (schedule.timesteps == ScheduleTimesteps::trailing) return "timestep_spacing='trailing'";
  return schedule.diffusers_switch.empty() ? kNone : std::string(schedule.diffusers_switch);
}

std::vector<std::size_t> cell_widths(const Table& table) {
  std::vector<std::size_t> widths(table.front().size());
  for (const TableRow& row : table) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  return widths;
}

// The text in lines of that width, broken where Python is: behind a parenthesis or a comma.
std::string broken(const std::string& text, std::size_t width, std::size_t indentation) {
  std::string lines;
  std::size_t begin = 0;
  while (text.size() - begin > width) {
    const std::size_t end = text.find_last_of("( ", begin + width - 1);
    if (end == std::string::npos || end < begin) break;
    const std::string line = text.substr(begin, end + 1 - begin);
    lines += line.substr(0, line.find_last_not_of(' ') + 1) + "\n" + std::string(indentation, ' ');
    begin = end + 1;
  }
  return lines + text.substr(begin);
}

std::string table_text(const Table& table) {
  const std::vector<std::size_t> widths = cell_widths(table);
  std::string text;
  for (const TableRow& row : table) {
    std::string line;
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - row[i].size(), ' ') + kGap;
    }
    text += (text.empty() ? "" : "\n") + line + broken(row.back(), kWidestLine - line.size(), line.size());
  }
  return text;
}

std::string two_tables(const Table& samplers, const Table& schedules) {
  return table_text(samplers) + "\n\n" + table_text(schedules);
}

Table without_last_column(Table table) {
  for (TableRow& row : table) row.pop_back();
  return table;
}

std::string table_markdown(const Table& table) {
  std::string text;
  for (const TableRow& row : table) {
    text += text.empty() ? "|" : "\n|";
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool is_code = &row != &table.front() && (i == 0 || i + 1 == row.size()) && row[i] != kNone;
      text += is_code ? " `" + row[i] + "` |" : " " + row[i] + " |";
    }
    if (&row != &table.front()) continue;
    text += "\n|";
    for (std::size_t i = 0; i < row.size(); ++i) text += "---|";
  }
  return text;
}

Json sampler_object(const SamplerRow& row) {
  return {{"name", row.name},
          {"infotext", row.infotext},
          {"diffusers_class", row.diffusers_class},
          {"diffusers_arguments", row.diffusers_arguments},
          {"calls_per_step", row.calls_per_step},
          {"noise", row.noise.is_there},
          {"eta", row.noise.eta ? Json(*row.noise.eta) : Json(nullptr)},
          {"takes_sigmas", row.takes_sigmas()},
          {"schedules", row.schedule_names()}};
}

Json schedule_object(const ScheduleRow& row) {
  return {{"name", row.name},
          {"infotext", row.infotext},
          {"diffusers_switch", row.diffusers_switch},
          {"of_timesteps", row.is_of_timesteps()},
          {"what", row.what}};
}

}  // namespace

std::vector<TableRow> sampler_table() {
  Table table{{"sampler", "AUTOMATIC1111", "calls", "noise", "sigma schedules", "diffusers"}};
  for (const SamplerRow& row : sampler_rows()) {
    table.push_back({std::string(row.name), std::string(row.infotext), std::to_string(row.calls_per_step),
                     noise_text(row.noise), schedules_text(row), diffusers_text(row)});
  }
  return table;
}

std::vector<TableRow> schedule_table() {
  Table table{{"schedule", "AUTOMATIC1111", "sigmas", "diffusers"}};
  for (const ScheduleRow& row : schedule_rows()) {
    table.push_back({std::string(row.name), std::string(row.infotext), std::string(row.what), diffusers_text(row)});
  }
  return table;
}

std::string sampler_list_text() { return two_tables(sampler_table(), schedule_table()); }

std::string narrow_sampler_list() {
  return two_tables(without_last_column(sampler_table()), without_last_column(schedule_table()));
}

std::string sampler_list_markdown() {
  return table_markdown(sampler_table()) + "\n\n" + table_markdown(schedule_table());
}

nlohmann::ordered_json sampler_list_json() {
  Json samplers = Json::array(), schedules = Json::array();
  for (const SamplerRow& row : sampler_rows()) samplers.push_back(sampler_object(row));
  for (const ScheduleRow& row : schedule_rows()) schedules.push_back(schedule_object(row));
  return {{"samplers", std::move(samplers)}, {"schedules", std::move(schedules)}};
}

}  // namespace deepcache_gen
