#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "caching/placement_search.h"
#include "pipeline/generation_plan.h"
#include "pipeline/request.h"

namespace deepcache_gen {

/// What a setting of the check is: fewer steps are the honest baseline of all caching.
enum class CheckKind { uncached, tuned, uniform, fewer_steps, fewer_steps_on_curve };

/// A setting that pictures are made with to see what it is good for.
struct CheckSetting {
  CheckKind kind = CheckKind::uncached;
  std::string name;                  ///< as it is asked for: `curve:full=8,guidance=held`, `3/0`, `12 steps`
  double expected = 0;               ///< seconds of its UNet calls, by those measured of every kind
  std::optional<std::size_t> place;  ///< in the front, of a tuned one
  std::function<void(GenerationRequest&)> ask;
};

/// The settings to check: no caching first; the best of the front at the costs of the uniform ones, of each thing that
/// is reused, and others between them, about eight; uniform 2/0, 3/0, 5/0, 3/1 and 5/1 as far as those branches were
/// measured; and for the costs of 2/0, 3/0 and 5/0 fewer steps, where the sampler has them and on the timesteps of as
/// many tuned full calls. `front`: cheapest first. `uncached`: the plan of a picture. `placements`: by their number of
/// full calls.
std::vector<CheckSetting> settings_to_check(const std::vector<TunedPlacement>& front, const PassCosts& costs,
                                            const GenerationPlan& uncached, std::span<const int> branches,
                                            std::span<const std::optional<std::vector<int>>> placements);

/// What asks for no caching.
CacheRequest ask_for_no_caching();

}  // namespace deepcache_gen
