#include "schedulers/sampler_rows.h"

#include <algorithm>
#include <sstream>

namespace deepcache_gen {
namespace {

constexpr SamplerRow kSamplerRows[] = {
#define SAMPLER(name, infotext, diffusers_class, diffusers_arguments, spacing, calls_per_step, schedules, maker) \
  {name, infotext, diffusers_class, diffusers_arguments, Spacing::spacing, calls_per_step, schedules},
#include "schedulers/samplers.def"
};

constexpr ScheduleRow kScheduleRows[] = {
#define SCHEDULE(name, infotext, whole, sigmas) {name, infotext, WholeTimesteps::whole},
#include "schedulers/schedules.def"
};

template <class Row>
const Row* row_named(std::span<const Row> rows, std::string_view name) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& each) { return each.name == name; });
  return row == rows.end() ? nullptr : &*row;
}

template <class Row>
std::vector<std::string> names_of(std::span<const Row> rows) {
  std::vector<std::string> names;
  for (const Row& row : rows) names.emplace_back(row.name);
  return names;
}

}  // namespace

std::vector<std::string> SamplerRow::schedule_names() const {
  std::istringstream words{std::string(schedules)};
  std::vector<std::string> names;
  for (std::string word; words >> word;) names.push_back(word);
  return names;
}

bool SamplerRow::follows(std::string_view schedule) const {
  const std::vector<std::string> names = schedule_names();
  return std::find(names.begin(), names.end(), schedule) != names.end();
}

std::span<const SamplerRow> sampler_rows() { return kSamplerRows; }
std::span<const ScheduleRow> schedule_rows() { return kScheduleRows; }

const SamplerRow* find_sampler(std::string_view name) { return row_named(sampler_rows(), name); }
const ScheduleRow* find_schedule(std::string_view name) { return row_named(schedule_rows(), name); }

std::vector<std::string> sampler_names() { return names_of(sampler_rows()); }
std::vector<std::string> sigma_schedule_names() { return names_of(schedule_rows()); }

}  // namespace deepcache_gen
