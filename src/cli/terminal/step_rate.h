#pragma once

#include "pipeline/observer.h"

namespace deepcache_gen {

/// How fast the steps of a run go. Full and cached steps are timed apart, so that the time left is right from the
/// second step on although the two differ by far.
class StepRate {
 public:
  /// A run of `image_count` images, each made by the steps of `plan`.
  StepRate(CachePlan plan, int image_count);

  void add(const StepReport& step);
  /// The mean of all steps so far; 0 before the first.
  double steps_per_second() const;
  /// Seconds until the last step of the last image, counting batches to come by their images.
  double seconds_left() const;

 private:
  struct Mean {
    double sum = 0;
    int count = 0;
  };

  double expected_seconds(StepKind kind) const;
  double expected_seconds_from(std::size_t step) const;

  CachePlan plan_;
  int image_count_;
  Mean full_, cached_;
  StepReport last_{};
};

}  // namespace deepcache_gen
