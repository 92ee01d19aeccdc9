#include <algorithm>

#include "caching/policy_table.h"
#include "support/error.h"
#include "support/option_value.h"

namespace deepcache_gen {
namespace {

double resolve_interval(std::optional<double> asked, const CacheRequest&, const CacheLimits& limits) {
  if (!asked) return std::min(limits.defaults.interval, limits.steps);
  return checked_whole("--interval", static_cast<int>(*asked), 1, limits.steps,
                       ", the number of steps (1: no caching)");
}

double resolve_branch(std::optional<double> asked, const CacheRequest& all, const CacheLimits& limits) {
  const int branch = asked ? static_cast<int>(*asked) : limits.defaults.branch;
  if (asked && !all.contains(kInterval.name) && limits.defaults.interval == 1) {
    throw UsageError("--branch", "--branch " + std::to_string(branch) +
                                     ": has no effect without caching; add --interval N with N of 2 or more");
  }
  return checked_whole("--branch", branch, 0, limits.max_branch, " for model " + limits.model);
}

// Ma et al., arXiv 2312.00858, section 3.2: UNet call i is full when i % interval == 0.
class UniformPolicy final : public CachePolicy {
 public:
  explicit UniformPolicy(const CacheSpec& spec)
      : interval_(spec.whole(kInterval.name)), branch_(spec.whole(kBranch.name)) {}

  Choice choose(const CacheCall& call) override {
    return {call.index % interval_ == 0 ? StepKind::full : StepKind::cached, branch_};
  }

 private:
  int interval_, branch_;
};

}  // namespace

const CacheOption kInterval{
    .name = "interval",
    .flags = "--interval,--cache-interval",
    .placeholder = "N",
    .help = "Run the whole UNet on every N-th step only; its outer part on the others. 1 turns caching off.",
    .key = "interval",
    .infotext = "DeepCache interval",
    .is_whole = true,
    .is_common = true,
    .neutral = {},
    .resolve = resolve_interval,
    .recommended = &CacheDefaults::interval};

const CacheOption kBranch{
    .name = "branch",
    .flags = "--branch,--cache-branch-id",
    .placeholder = "K",
    .help = "How deep a cached step goes; 0 is the fastest, the largest the closest to no caching.",
    .key = "branch",
    .infotext = "DeepCache branch",
    .is_whole = true,
    .is_common = true,
    .neutral = {},
    .resolve = resolve_branch,
    .recommended = &CacheDefaults::branch};

bool has_intervals(const CacheSpec& spec) { return spec.whole(kInterval.name) > 1; }

PolicyRow uniform_policy() {
  return {.name = "uniform",
          .options = {&kInterval, &kBranch},
          .caches = has_intervals,
          .make = [](const CacheSpec& spec) -> std::unique_ptr<CachePolicy> {
            return std::make_unique<UniformPolicy>(spec);
          }};
}

}  // namespace deepcache_gen
