#include "caching/policy_table.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

void require_placed(CacheSpec& spec, const CacheRequest& asked, const CacheLimits& limits) {
  if (asked.placed.empty()) {
    throw UsageError("--cache-policy steps: needs the full calls, as in steps:full=0+1+3+5+8");
  }
  const int last = asked.placed.front().back();
  if (last >= limits.calls) {
    throw UsageError("--cache-policy, full " + std::to_string(last) + ": expected calls from 0 to " +
                     std::to_string(limits.calls - 1) + ", the last of this picture's");
  }
  if (spec.placed.front().front() != 0) spec.placed.front().insert(spec.placed.front().begin(), 0);
}

}  // namespace

// Those that are told.
PolicyRow steps_policy() {
  return {.name = "steps",
          .options = {&kBranch, &kGuidance, &kReuse, &kExtrapolation},
          .full_calls = [](const CacheSpec&, const PassCalls&) { return std::vector<int>{}; },
          .complete = require_placed,
          .list = "full"};
}

}  // namespace deepcache_gen
