#include <algorithm>
#include <cmath>

#include "caching/policy_table.h"

namespace deepcache_gen {
namespace {

// The curve at x, 0 to 1: how much of the way lies before that part of the full calls.
double curve_at(const std::vector<double>& knots, double x) {
  constexpr double kUntuned = 1.5;
  if (knots.size() < 2) return std::pow(x, kUntuned);
  const double place = x * static_cast<double>(knots.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), knots.size() - 2);
  return knots[below] + (place - static_cast<double>(below)) * (knots[below + 1] - knots[below]);
}

void complete_curve(CacheSpec& spec, const CacheRequest&, const CacheLimits& limits) {
  spec.curve.calls = limits.calls;
  if (!spec.placed.empty() || !limits.tuned) return;
  if (const auto tuned = limits.tuned()) spec.curve.knots = tuned_knots(*tuned, spec);
}

}  // namespace

std::vector<int> calls_on_curve(const CacheSpec& spec, const PassCalls& pass) {
  std::vector<int> full;
  for (const int call : place_on_curve(spec.curve, pass.way, full_calls_of(spec, pass.way))) {
    if (call > pass.first) full.push_back(call - pass.first);
  }
  return full;
}

std::vector<int> place_on_curve(const CacheCurve& curve, int calls, int count) {
  std::vector<int> places;
  for (int j = 0; j < count; ++j) {
    const int ideal = static_cast<int>(std::lround(calls * curve_at(curve.knots, static_cast<double>(j) / count)));
    const int least = places.empty() ? 0 : places.back() + 1;
    places.push_back(std::clamp(std::max(ideal, least), 0, calls - count + j));  // leaves room for those behind it
  }
  return places;
}

int full_calls_of(const CacheSpec& spec, int calls) {
  const double share = spec.curve.calls > 0 ? static_cast<double>(calls) / spec.curve.calls : 1;
  return std::clamp(static_cast<int>(std::lround(spec.number(kFullCalls.name) * share)), 1, std::max(calls, 1));
}

std::vector<double> tuned_knots(const TunedCaching& tuned, const CacheSpec& spec) {
  const double wanted = spec.number(kFullCalls.name) / std::max(spec.curve.calls, 1);
  // Another branch's curve is nearer than none, another guidance's nearer still.
  const auto distance = [&](const TunedPlacement& placement) {
    constexpr double kOtherExtrapolation = 10, kOtherGuidance = 100, kOtherBranch = 10'000, kOtherReuse = 1e6;
    const double share = static_cast<double>(placement.full.size()) / tuned.calls;
    return std::abs(std::log(share / wanted)) +
           (placement.cached.holds_guidance == (spec.number(kGuidance.name) != 0) ? 0 : kOtherGuidance) +
           (placement.cached.extrapolation == spec.number(kExtrapolation.name) ? 0 : kOtherExtrapolation) +
           (placement.cached.runs() == reuses_denoised(spec) ? kOtherReuse : 0) +
           kOtherBranch * std::abs(placement.cached.branch - spec.whole(kBranch.name));
  };
  const auto nearest = std::min_element(tuned.front.begin(), tuned.front.end(),
                                        [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  if (nearest == tuned.front.end()) return {};
  return knots_of(*nearest, tuned.calls);
}

std::vector<double> knots_of(const TunedPlacement& placement, int calls) {
  std::vector<double> knots;
  for (const int call : placement.full) knots.push_back(static_cast<double>(call) / calls);
  knots.push_back(1);
  return knots;
}

PolicyRow curve_policy() {
  return {.name = "curve",
          .options = {&kFullCalls, &kBranch, &kGuidance, &kReuse, &kExtrapolation},
          .full_calls = calls_on_curve,
          .complete = complete_curve};
}

}  // namespace deepcache_gen
