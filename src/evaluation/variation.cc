#include "evaluation/variation.h"

#include <algorithm>
#include <cmath>

#include "support/printable.h"
#include "support/sha256.h"

namespace deepcache_gen {
namespace {

// Of the UNet calls alone.
double cost_of(const PassCosts& costs, const GenerationPlan& plan) {
  double sum = 0;
  for (const Pass& pass : plan.passes) {
    for (const PlannedCall& call : pass.calls) {
      sum += call.choice.kind == StepKind::full ? costs.full : costs.of_cached(call.choice);
    }
  }
  return sum;
}

// File systems end names at 255 bytes.
std::string bounded(const std::string& name) {
  constexpr std::size_t kLongest = 100, kKept = 80, kDigits = 12;
  if (name.size() <= kLongest) return name;
  return name.substr(0, kKept) + "-" + sha256_of(name).substr(0, kDigits);
}

}  // namespace

std::string variation_text(const Variation& variation) {
  if (variation.steps) {
    const std::string steps = std::to_string(*variation.steps) + (*variation.steps == 1 ? " step" : " steps");
    return variation.on_curve ? steps + ", curve" : steps;
  }
  return variation.is_original() ? "original" : shortened(cache_text(variation.cache));
}

std::string variation_file_name(const Variation& variation) {
  if (!variation.steps) return bounded(cache_file_name(variation.cache));
  const std::string name = std::string("steps").append(std::to_string(*variation.steps));
  return variation.on_curve ? name + "-curve" : name;
}

std::vector<CacheRequest> caching_to_compare(const std::optional<std::vector<int>>& intervals,
                                             const std::optional<std::vector<int>>& branches,
                                             const std::vector<CacheRequest>& policies) {
  std::vector<CacheRequest> requests;
  if (policies.empty() || intervals || branches) {
    for (const int interval : intervals.value_or(std::vector<int>{3, 5})) {
      for (const int branch : branches.value_or(std::vector<int>{0, 1})) {
        const CacheSpec spec = uniform_caching(interval, branch);
        if (caches(spec)) requests.push_back({spec.options});
      }
    }
  }
  requests.insert(requests.end(), policies.begin(), policies.end());
  return requests;
}

int steps_of_equal_cost(const PassCosts& costs, const GenerationPlan& original, const GenerationPlan& plan) {
  const double share = cost_of(costs, plan) / cost_of(costs, original);
  return std::max(1, static_cast<int>(std::lround(original.settings.steps * share)));
}

}  // namespace deepcache_gen
