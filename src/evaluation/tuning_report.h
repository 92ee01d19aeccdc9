#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evaluation/tuning.h"

namespace deepcache_gen {

/// A uniform setting, and the tuned one that takes no longer.
struct UniformGain {
  const CheckedSetting *uniform, *tuned;

  double decibels() const { return tuned->psnr - uniform->psnr; }
};

/// Of every uniform setting that something tuned was checked against, in their order; borrowed.
std::vector<UniformGain> gains_over_uniform(const Tuning& tuning);

/// How many times faster a setting is than no caching: of the whole picture, by the seconds that were measured.
double speed_up_of(const Tuning& tuning, const CheckedSetting& setting);

/// What to ask for to be as fast as the tuned setting that takes no longer than uniform 3/0, else the slowest checked:
/// `budget:speedup=2.4`; nothing where nothing tuned was checked.
std::optional<std::string> recommended_budget(const Tuning& tuning);

/// The table of the check for people: a line for every setting, in the order of their seconds; no newline at the end.
std::string tuning_table(const Tuning& tuning);

/// The same as one JSON object on one line, with every picture; what is infinite (the PSNR of equal pictures) is null.
std::string tuning_json(const Tuning& tuning, const std::string& model, const std::string& file);

/// One HTML page with the same table and a chart of each quality over seconds, as SVG; it needs nothing but itself.
/// Texts are escaped.
std::string tuning_page(const Tuning& tuning, const std::string& model);

/// The Mustache template tuning_page.html, which the build embeds.
std::span<const std::uint8_t> tuning_page_template();

}  // namespace deepcache_gen
