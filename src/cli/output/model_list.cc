#include "cli/output/model_list.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "support/json_text.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Json = nlohmann::ordered_json;
using Row = std::vector<std::string>;

std::uintmax_t bytes_of(const ModelInfo& model) {
  std::uintmax_t bytes = 0;
  for (const auto& [name, file] : model.files) bytes += file.size;
  return bytes;
}

std::string size_text(std::uintmax_t bytes) {
  char text[32];
  const double megabytes = static_cast<double>(bytes) / 1e6;
  const bool is_below = megabytes < 999.5;  // which is rounded up to 1000
  std::snprintf(text, sizeof text, is_below ? "%.0f MB" : "%.1f GB", is_below ? megabytes : megabytes / 1000);
  return text;
}

Row row_of(const ListedModel& model) {
  if (!model.info) return {model.name, "can't be used: " + model.problem};
  const ModelInfo& info = *model.info;
  return {
      model.name, info.family + (info.control_net ? " (control net)" : ""),
      // A net takes the size of what it steers.
      info.control_net ? "any size" : std::to_string(info.default_width) + "x" + std::to_string(info.default_height),
      info.dtype, size_text(bytes_of(info)), model.folder.string()};
}

std::vector<std::size_t> widths_of(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths(8);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i + 1 < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  return widths;
}

}  // namespace

std::string model_list_text(const std::vector<ListedModel>& models) {
  std::vector<Row> rows;
  for (const ListedModel& model : models) {
    for (std::string& cell : rows.emplace_back(row_of(model))) cell = printable(cell);
  }
  const std::vector<std::size_t> widths = widths_of(rows);
  std::string text;
  for (const Row& row : rows) {
    if (!text.empty()) text += '\n';
    for (std::size_t i = 0; i < row.size(); ++i) {
      text += row[i];
      if (i + 1 < row.size()) text.append(widths[i] - row[i].size() + 2, ' ');
    }
  }
  return text;
}

std::string model_list_json(const std::vector<ListedModel>& models) {
  Json list = Json::array();
  for (const ListedModel& model : models) {
    Json object{{"name", model.name}, {"folder", model.folder.string()}};
    if (model.info) {
      object["family"] = model.info->family;
      if (model.info->control_net) {
        object["control_net"] = true;
      } else {
        object.update(Json{{"width", model.info->default_width}, {"height", model.info->default_height}});
      }
      object.update(Json{{"dtype", model.info->dtype}, {"bytes", bytes_of(*model.info)}});
    } else {
      object["error"] = model.problem;
    }
    list.push_back(std::move(object));
  }
  return json_text(list);
}

}  // namespace deepcache_gen
