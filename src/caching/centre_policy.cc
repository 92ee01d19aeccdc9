#include <algorithm>
#include <cmath>
#include <complex>
#include <set>

#include "caching/policy_table.h"
#include "support/error.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

constexpr double kLeastPower = 1, kMostPower = 10;

extern const CacheOption kCentre, kPower;

double resolve_centre(std::optional<double> asked, const CacheRequest& all, const CacheLimits& limits) {
  constexpr double kUsualPart = 0.3;  // 15 of 50 in the authors' scripts
  const double centre = asked.value_or(std::round(kUsualPart * limits.calls));
  if (centre >= 0 && centre <= limits.calls) return centre;
  throw UsageError(name_of(kCentre, all) + " " + number_text("%g", centre) + ": expected 0 to " +
                   std::to_string(limits.calls) + ", the number of UNet calls");
}

double resolve_power(std::optional<double> asked, const CacheRequest& all, const CacheLimits&) {
  constexpr double kUsual = 1.4;
  const double power = asked.value_or(kUsual);
  if (power > kLeastPower && power <= kMostPower) return power;
  throw UsageError(name_of(kPower, all) + " " + number_text("%g", power) + ": expected more than 1, to 10");
}

const CacheOption kCentre = spec_option("centre", "C", true, resolve_centre);
const CacheOption kPower = spec_option("power", "P", false, resolve_power);

// The authors take a root of a negative number, which in Python is the complex one, and cut the imaginary part off.
std::complex<double> root_of(double number, double power) { return std::pow(std::complex<double>(number), 1 / power); }

// `sample_from_quad_center` of the DeepCache repository (stable_diffusion.py there, commit 1691a3a) for one power.
std::vector<int> sampled(int calls, int count, double centre, double power) {
  const std::complex<double> low = root_of(-centre, power), high = root_of(calls - centre, power);
  std::set<int> places;
  for (int i = 0; i <= count; ++i) {
    const std::complex<double> root = low + (high - low) * (static_cast<double>(i) / count);
    places.insert(static_cast<int>(std::pow(root, power).real()));
  }
  std::vector<int> full{0};
  const std::vector<int> sorted(places.begin(), places.end());
  for (std::size_t i = 1; i + 1 < sorted.size(); ++i) full.push_back(sorted[i] + static_cast<int>(centre));
  return full;
}

// The paper's non-uniform schedule (Ma et al., arXiv 2312.00858, section 3.3): dense around the centre. A power that
// does not give as many places as are wanted gives way to a smaller one.
std::vector<int> around_centre(const CacheSpec& spec, const PassCalls& pass) {
  constexpr double kPowerStep = 0.02;
  const int count = full_calls_of(spec, pass.count);
  const double share = spec.curve.calls > 0 ? static_cast<double>(pass.count) / spec.curve.calls : 1;
  const double centre = std::round(spec.number(kCentre.name) * share);
  for (double power = spec.number(kPower.name); power > kLeastPower; power -= kPowerStep) {
    std::vector<int> full = sampled(pass.count, count, centre, power);
    if (static_cast<int>(full.size()) == count) return full;
  }
  throw UsageError("--cache-policy", "--cache-policy " + cache_policy_text(spec) + ": no power of " +
                                         number_text("%g", spec.number(kPower.name)) + " or less places " +
                                         std::to_string(count) + " full calls among " + std::to_string(pass.count) +
                                         "; take fewer, a larger power or another centre");
}

void complete_centre(CacheSpec& spec, const CacheRequest&, const CacheLimits& limits) {
  spec.curve.calls = limits.calls;
}

}  // namespace

PolicyRow centre_policy() {
  return {.name = "centre",
          .options = {&kFullCalls, &kCentre, &kPower, &kBranch, &kGuidance, &kReuse, &kExtrapolation},
          .full_calls = around_centre,
          .complete = complete_centre};
}

}  // namespace deepcache_gen
