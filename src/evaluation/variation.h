#pragma once

#include <optional>
#include <string>
#include <vector>

#include "caching/pass_costs.h"
#include "caching/policy_table.h"
#include "pipeline/generation_plan.h"

namespace deepcache_gen {

/// What is varied in a comparison: where a picture's deep features come from, or how few plain steps it has.
struct Variation {
  CacheSpec cache = no_caching();
  std::optional<int> steps{};  ///< plain ones, fewer than the original's; unset: as many
  bool on_curve = false;       ///< those lie on the model's curve (--timesteps-curve), not where the sampler has them

  bool is_original() const { return !caches(cache) && !steps; }
  bool operator==(const Variation&) const = default;
};

/// As names and tables write it: `original`, `interval 3, branch 0`, `curve, full 10, branch 0`, `11 steps` or
/// `11 steps, curve`; a long list of calls is shortened.
std::string variation_text(const Variation& variation);
/// As names of files: `original`, `interval3-branch0`, `steps11`, `steps11-curve`.
std::string variation_file_name(const Variation& variation);

/// What to compare with the original, in order: every interval above 1 with every branch, then the policies. The lists
/// that are unset are 3,5 and 0,1; with policies and without lists there are only these.
std::vector<CacheRequest> caching_to_compare(const std::optional<std::vector<int>>& intervals,
                                             const std::optional<std::vector<int>>& branches,
                                             const std::vector<CacheRequest>& policies);

/// How many of the original's steps, without caching, cost about what the UNet calls of `plan` do; at least 1.
/// `costs`: of a picture as the original (pipeline/picture_costs.h).
int steps_of_equal_cost(const PassCosts& costs, const GenerationPlan& original, const GenerationPlan& plan);

}  // namespace deepcache_gen
