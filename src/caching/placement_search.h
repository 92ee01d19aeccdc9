#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "caching/pass_costs.h"
#include "caching/tuned_caching.h"

namespace deepcache_gen {

/// What it costs in truth of a picture to go on with the deep feature of one full call until the next one: a mean
/// square, of each segment of the calls.
class SegmentErrors {
 public:
  /// Of a way of `calls`; segments of more than `reach` cached calls are not known, and taken by nothing.
  SegmentErrors(int calls, int reach);

  int calls() const { return calls_; }
  int reach() const { return reach_; }
  /// Of the segment whose full call is `from`, before the next one at `to`: 0 where `to` follows it, infinite where it
  /// was not set.
  double at(int from, int to) const;
  void set(int from, int to, double error);
  /// The sum over the segments of a placement: of calls that rise from 0.
  double of(std::span<const int> full) const;
  /// Adds `other`, of the same calls and reach, multiplied by `factor`.
  void add(const SegmentErrors& other, double factor);
  /// All that can be set, row by row: for who keeps them.
  std::vector<double>& values() { return values_; }
  const std::vector<double>& values() const { return values_; }

 private:
  std::size_t place(int from, int to) const;

  int calls_, reach_;
  std::vector<double> values_;
};

/// How many cached calls a segment is measured for: half of the calls, but no less than 15 where there are as many, and
/// no more than 30.
int reach_of_segments(int calls);

/// Errors of one picture with one kind of cached calls.
struct MeasuredErrors {
  Choice cached;  ///< what each does
  SegmentErrors segments;
};

/// The kinds that are worth a try: each branch with both halves; under guidance each that holds it; and calls that run
/// nothing, holding what the last full one said of the picture or carrying half of its change on.
std::vector<Choice> kinds_of_cached_calls(std::span<const int> branches, bool guided);

/// The mean over pictures, of which each has the same kinds in the same order. Every picture counts alike: its errors
/// are divided by that of a third of the calls, placed by the power law 1.5, with its first kind.
std::vector<MeasuredErrors> mean_errors(std::span<const std::vector<MeasuredErrors>> pictures);

/// The placements of the smallest error with 1, 2, ... all calls full, by dynamic programming; nothing for a number
/// that would need a longer segment than is known.
std::vector<std::optional<std::vector<int>>> best_placements(const SegmentErrors& errors);

/// The best placements of all kinds and numbers of full calls, cheapest first, without those than which another that
/// reuses the same is better and no more expensive: errors of what reuses something else compare less well.
std::vector<TunedPlacement> front_of(std::span<const MeasuredErrors> kinds, const PassCosts& costs);

/// The calls at which it is measured how much an error grows or shrinks until the end, rising; none of few calls.
std::vector<int> calls_of_gains(int calls);

/// By how much the square of an error at each call is multiplied until the end. `pictures`: what was measured at
/// `calls_of_gains`, above 0. Their geometric mean, since single pictures differ by far, and in between by its
/// logarithm; at the last call 1.
std::vector<double> gains_of_calls(std::span<const std::vector<double>> pictures, int calls);

}  // namespace deepcache_gen
