#pragma once

#include <optional>
#include <vector>

#include "pipeline/generation_plan.h"
#include "pipeline/observer.h"

namespace deepcache_gen {

/// Where a batch stands in its run.
struct BatchPlace {
  const GenerationPlan* plan;  ///< of its first image
  int first;                   ///< images of the run before it
  int images;                  ///< in it
  std::optional<int> total;    ///< images of the run; unset where they are not known, as from a stream
};

/// How fast the steps of a run go. Full and cached steps are timed apart, so that the time left is right from the
/// second step on although the two differ by far.
class StepRate {
 public:
  /// The steps to come are those of this batch. What was timed before counts on where the images are of the same kind.
  void begin_batch(const BatchPlace& place);
  void add(const StepReport& step);

  /// The mean of all steps timed; 0 before the first.
  double steps_per_second() const;
  /// Seconds until the last step of the last image; images of batches to come are taken to be like those of this one,
  /// and none where it is not known how many come.
  double seconds_left() const;

 private:
  struct Mean {
    double sum = 0;
    int count = 0;
  };

  double expected_seconds(StepKind kind) const;
  double expected_seconds_from(std::size_t step) const;

  BatchPlace place_{};
  std::vector<StepKind> planned_;  ///< of every call of this batch
  GenerationSettings settings_{};
  Mean full_, cached_;
  int done_ = 0;  ///< steps of this batch
};

}  // namespace deepcache_gen
