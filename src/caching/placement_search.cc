#include "caching/placement_search.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "caching/policy_table.h"

namespace deepcache_gen {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::infinity();

// What the errors of a picture are measured by.
double reference_error(const SegmentErrors& errors) {
  constexpr int kShare = 3;
  const int calls = errors.calls();
  return errors.of(place_on_curve({}, calls, std::max((calls + kShare / 2) / kShare, 1)));
}

// Of every number of full calls and every call behind the last segment: the least error, and where that one begins.
class PlacementTable {
 public:
  explicit PlacementTable(const SegmentErrors& errors)
      : errors_(errors), ends_(static_cast<std::size_t>(errors.calls()) + 1) {
    std::vector<double> least(ends_, kUnknown);
    least[0] = 0;
    for (int full = 1; full <= errors.calls(); ++full) least = with_one_more(least);
  }

  std::optional<std::vector<int>> placement(int full) const {
    int end = errors_.calls();
    std::vector<int> calls;
    for (int left = full; left > 0; --left) {
      end = begins_[static_cast<std::size_t>(left - 1)][static_cast<std::size_t>(end)];
      if (end < 0) return {};
      calls.push_back(end);
    }
    std::reverse(calls.begin(), calls.end());
    return calls;
  }

 private:
  std::vector<double> with_one_more(const std::vector<double>& before) {
    std::vector<double> least(ends_, kUnknown);
    std::vector<int>& begins = begins_.emplace_back(ends_, -1);
    for (int from = 0; from < errors_.calls(); ++from) {
      const double so_far = before[static_cast<std::size_t>(from)];
      if (so_far == kUnknown) continue;
      for (int to = from + 1; to <= std::min(from + 1 + errors_.reach(), errors_.calls()); ++to) {
        const double error = so_far + errors_.at(from, to);
        const auto end = static_cast<std::size_t>(to);
        if (!(error < least[end])) continue;
        least[end] = error;
        begins[end] = from;
      }
    }
    return least;
  }

  const SegmentErrors& errors_;
  const std::size_t ends_;
  std::vector<std::vector<int>> begins_;  // by the number of full calls, then by the end
};

}  // namespace

SegmentErrors::SegmentErrors(int calls, int reach)
    : calls_(calls),
      reach_(reach),
      values_(static_cast<std::size_t>(calls) * static_cast<std::size_t>(reach), kUnknown) {}

double SegmentErrors::at(int from, int to) const {
  if (to == from + 1) return 0;
  return to - from - 1 > reach_ ? kUnknown : values_[place(from, to)];
}

void SegmentErrors::set(int from, int to, double error) { values_.at(place(from, to)) = error; }

double SegmentErrors::of(std::span<const int> full) const {
  double sum = 0;
  for (std::size_t i = 0; i < full.size(); ++i) sum += at(full[i], i + 1 < full.size() ? full[i + 1] : calls_);
  return sum;
}

void SegmentErrors::add(const SegmentErrors& other, double factor) {
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] += factor * other.values_[i];
}

std::size_t SegmentErrors::place(int from, int to) const {
  return static_cast<std::size_t>(from) * static_cast<std::size_t>(reach_) + static_cast<std::size_t>(to - from - 2);
}

int reach_of_segments(int calls) {
  constexpr int kLeast = 15, kMost = 30;
  return std::max(std::min(calls - 1, std::clamp((calls + 1) / 2, kLeast, kMost)), 0);
}

std::vector<Choice> kinds_of_cached_calls(std::span<const int> branches, bool guided) {
  constexpr double kCarriedOn = 0.5;
  std::vector<Choice> kinds;
  for (const bool holds_guidance : {false, true}) {
    if (holds_guidance && !guided) continue;
    for (const int branch : branches) kinds.push_back(Choice::cached(branch, holds_guidance));
  }
  for (const double extrapolation : {0.0, kCarriedOn}) {
    kinds.push_back({StepKind::cached, 0, false, extrapolation, Reuse::denoised});
  }
  return kinds;
}

std::vector<MeasuredErrors> mean_errors(std::span<const std::vector<MeasuredErrors>> pictures) {
  constexpr double kNone = 1e-30;  // of a picture that caching does not change
  std::vector<MeasuredErrors> mean;
  for (const MeasuredErrors& kind : pictures.front()) {
    mean.push_back(kind);
    mean.back().segments.values().assign(kind.segments.values().size(), 0);
  }
  for (const std::vector<MeasuredErrors>& picture : pictures) {
    const double reference = std::max(reference_error(picture.front().segments), kNone);
    const double factor = 1 / (reference * static_cast<double>(pictures.size()));
    for (std::size_t kind = 0; kind < mean.size(); ++kind) mean[kind].segments.add(picture[kind].segments, factor);
  }
  return mean;
}

std::vector<std::optional<std::vector<int>>> best_placements(const SegmentErrors& errors) {
  const PlacementTable table(errors);
  std::vector<std::optional<std::vector<int>>> placements;
  for (int full = 1; full <= errors.calls(); ++full) placements.push_back(table.placement(full));
  return placements;
}

std::vector<TunedPlacement> front_of(std::span<const MeasuredErrors> kinds, const PassCosts& costs) {
  std::vector<TunedPlacement> all;
  for (const MeasuredErrors& kind : kinds) {
    for (auto& full : best_placements(kind.segments)) {
      if (!full) continue;
      const double error = kind.segments.of(*full);
      if (!std::isfinite(error)) continue;  // numbers that overflowed say nothing
      all.push_back({kind.cached, std::move(*full), error, {}, {}});
    }
  }
  const auto cost = [&](const TunedPlacement& placement) {
    return costs.of_picture(kinds.front().segments.calls(), static_cast<int>(placement.full.size()), placement.cached);
  };
  std::stable_sort(all.begin(), all.end(), [&](const TunedPlacement& a, const TunedPlacement& b) {
    return cost(a) != cost(b) ? cost(a) < cost(b) : a.error < b.error;
  });
  std::vector<TunedPlacement> front;
  std::map<Reuse, double> least;
  for (TunedPlacement& placement : all) {
    const auto [error, is_first] = least.try_emplace(placement.cached.reuse, placement.error);
    if (!is_first && placement.error >= error->second) continue;
    error->second = placement.error;
    front.push_back(std::move(placement));
  }
  return front;
}

std::vector<int> calls_of_gains(int calls) {
  std::vector<int> chosen;
  for (const double part : {1. / 15, 2. / 15, 4. / 15, 7. / 15, 11. / 15}) {
    const int call = static_cast<int>(std::lround(part * calls));
    if (call >= 1 && call <= calls - 2 && (chosen.empty() || call > chosen.back())) chosen.push_back(call);
  }
  return chosen;
}

std::vector<double> gains_of_calls(std::span<const std::vector<double>> pictures, int calls) {
  std::vector<int> at = calls_of_gains(calls);
  std::vector<double> logarithms(at.size());
  for (const std::vector<double>& picture : pictures) {
    for (std::size_t i = 0; i < at.size(); ++i) {
      logarithms[i] += std::log(picture[i]) / static_cast<double>(pictures.size());
    }
  }
  at.push_back(calls - 1);
  logarithms.push_back(0);
  std::vector<double> gains;
  for (int call = 0; call < calls; ++call) {
    const auto next = static_cast<std::size_t>(std::lower_bound(at.begin(), at.end(), call) - at.begin());
    const std::size_t before = next == 0 ? 0 : next - 1;
    const double way = next == before ? 0 : static_cast<double>(call - at[before]) / (at[next] - at[before]);
    gains.push_back(std::exp(logarithms[before] + way * (logarithms[next] - logarithms[before])));
  }
  return gains;
}

}  // namespace deepcache_gen
