#include "caching/policy_table.h"

namespace deepcache_gen {
namespace {

// Ma et al., arXiv 2312.00858, section 3.2: UNet call i is full when i % interval == 0.
std::vector<int> every_interval(const CacheSpec& spec, const PassCalls& pass) {
  std::vector<int> full;
  for (int call = 0; call < pass.count; call += spec.whole(kInterval.name)) full.push_back(call);
  return full;
}

}  // namespace

PolicyRow uniform_policy() {
  return {.name = "uniform",
          .options = {&kInterval, &kBranch, &kGuidance, &kReuse, &kExtrapolation},
          .full_calls = every_interval};
}

}  // namespace deepcache_gen
