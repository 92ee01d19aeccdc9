#include "schedulers/sampler_rows.h"

#include <algorithm>
#include <cctype>

namespace deepcache_gen {
namespace {

// The words of the rows.
constexpr AddedNoise never{false, {}}, always{true, {}};
constexpr AddedNoise by_eta(double eta) { return {eta > 0, eta}; }

constexpr SamplerRow kSamplerRows[] = {
#define SAMPLER(name, infotext, diffusers_class, diffusers_arguments, spacing, end, noise, calls_per_step, solver, \
                maker)                                                                                             \
  {name, infotext, diffusers_class, diffusers_arguments, Spacing::spacing, End::end, noise, calls_per_step, solver},
#include "schedulers/samplers.def"
};

constexpr ScheduleRow kScheduleRows[] = {
#define SCHEDULE(name, infotext, diffusers_switch, timesteps, sigmas, what) \
  {name, infotext, diffusers_switch, ScheduleTimesteps::timesteps, what},
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

void replace_all(std::string& text, std::string_view old, std::string_view fresh) {
  for (std::size_t at = 0; (at = text.find(old, at)) != std::string::npos; at += fresh.size()) {
    text.replace(at, old.size(), fresh);
  }
}

// What is left of a name when the manners of the programs are taken off: `DPM++ 2S a` and `dpmpp_2s_ancestral` are
// `dpm++2sa`.
std::string plain(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '+') text += static_cast<char>(std::tolower(byte));
  }
  replace_all(text, "ancestral", "a");
  replace_all(text, "dpmpp", "dpm++");
  return text;
}

template <class Row>
std::string meant_by(std::span<const Row> rows, std::string_view text, std::string_view Row::*other_name) {
  if (row_named(rows, text)) return std::string(text);
  const std::string wanted = plain(text);
  for (const auto& name : {&Row::name, &Row::infotext, other_name}) {
    for (const Row& row : rows) {
      if (!wanted.empty() && plain(row.*name) == wanted) return std::string(row.name);
    }
  }
  return std::string(text);
}

}  // namespace

std::vector<std::string> SamplerRow::schedule_names() const {
  std::vector<std::string> names;
  for (const ScheduleRow& schedule : schedule_rows()) {
    if (follows(schedule.name)) names.emplace_back(schedule.name);
  }
  return names;
}

bool SamplerRow::follows(std::string_view schedule_name) const {
  const ScheduleRow* schedule = find_schedule(schedule_name);
  if (!schedule) return false;
  if (spacing == Spacing::distilled) return schedule->timesteps == ScheduleTimesteps::configured;
  return takes_sigmas() || schedule->is_of_timesteps();
}

std::span<const SamplerRow> sampler_rows() { return kSamplerRows; }
std::span<const ScheduleRow> schedule_rows() { return kScheduleRows; }

const SamplerRow* find_sampler(std::string_view name) { return row_named(sampler_rows(), name); }
const ScheduleRow* find_schedule(std::string_view name) { return row_named(schedule_rows(), name); }

std::string sampler_meant_by(std::string_view text) {
  return meant_by(sampler_rows(), text, &SamplerRow::diffusers_class);
}

std::string schedule_meant_by(std::string_view text) {
  return meant_by(schedule_rows(), text, &ScheduleRow::diffusers_switch);
}

std::optional<SamplerAndSchedule> sampler_and_schedule_meant_by(std::string_view text) {
  if (find_sampler(sampler_meant_by(text))) return {};
  for (std::size_t gap = text.find(' '); gap != std::string_view::npos; gap = text.find(' ', gap + 1)) {
    SamplerAndSchedule both{sampler_meant_by(text.substr(0, gap)), schedule_meant_by(text.substr(gap + 1))};
    if (find_sampler(both.sampler) && find_schedule(both.schedule)) return both;
  }
  return {};
}

std::vector<std::string> sampler_names() { return names_of(sampler_rows()); }
std::vector<std::string> sigma_schedule_names() { return names_of(schedule_rows()); }

}  // namespace deepcache_gen
