// A tuned.json of a stranger's, and what policies make of it.
#include <cmath>

#include "caching/policy_table.h"
#include "caching/tuned_caching.h"
#include "fuzzing.h"

namespace deepcache_gen {
namespace {

void require_whole(const TunedCaching& tuned) {
  require(tuned.calls >= 1 && tuned.seconds.are_seconds && tuned.seconds.full > 0, "costs are known");
  for (const TunedPlacement& placement : tuned.front) {
    require(!placement.full.empty() && placement.full.front() == 0 && placement.full.back() < tuned.calls,
            "full calls are calls");
    require(std::isfinite(placement.error), "errors are numbers");
  }
}

void use(const std::shared_ptr<const TunedCaching>& tuned, const std::string& policy, int calls) {
  CacheLimits limits{.steps = calls, .max_branch = 3, .model = "fuzz", .defaults = {.interval = 3, .branch = 0}};
  limits.calls = calls;
  limits.tuned = [&] { return tuned; };
  limits.costs = [&] { return std::optional(tuned->seconds); };
  takes([&] {
    const CacheSpec spec = resolve_caching(read_cache_policy("--cache-policy", policy), limits);
    const std::vector<Choice> choices = choose_calls(spec, {.count = calls, .way = calls});
    require(static_cast<int>(choices.size()) == calls && choices.front().kind == StepKind::full, "a pass begins full");
    for (const Choice& choice : choices) require(choice.branch >= 0 && choice.branch <= 3, "branches are the model's");
  });
}

}  // namespace
}  // namespace deepcache_gen

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  static const FuzzFolder folder;
  std::shared_ptr<const TunedCaching> tuned;
  const auto file = folder.write("tuned.json", as_text(data, size));
  if (!takes([&] { tuned = std::make_shared<const TunedCaching>(read_tuned_caching(file)); })) return 0;
  require_whole(*tuned);
  takes([&] {
    folder.write("tuned.json", tuned_caching_text(*tuned));
    require(tuned_caching_text(read_tuned_caching(file)) == tuned_caching_text(*tuned), "what is written is read");
  });
  for (const int calls : {1, 7, 30}) {
    for (const char* policy :
         {"curve", "curve:full=1,guidance=held", "budget:speedup=1.5", "budget:seconds=3,branch=1"})
      use(tuned, policy, calls);
  }
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  return deepcache_gen::mutate_json(data, size, max_size, seed);
}
