#include "caching/policy_table.h"
#include "support/option_value.h"

namespace deepcache_gen {
namespace {

double resolve_count(const CacheOption& option, std::optional<double> asked, const CacheRequest& all) {
  constexpr int kUsual = 4, kMost = 1000;
  return checked_whole(name_of(option, all), static_cast<int>(asked.value_or(kUsual)), 1, kMost, " UNet calls");
}

extern const CacheOption kFirst, kEvery;

double resolve_first(std::optional<double> asked, const CacheRequest& all, const CacheLimits&) {
  return resolve_count(kFirst, asked, all);
}

double resolve_every(std::optional<double> asked, const CacheRequest& all, const CacheLimits&) {
  return resolve_count(kEvery, asked, all);
}

const CacheOption kFirst = spec_option("first", "N", true, resolve_first);
const CacheOption kEvery = spec_option("every", "N", true, resolve_every);

// Early mistakes are carried through all the steps that follow, so the first calls are full; then every n-th is,
// counted from the last of these.
std::vector<int> first_and_every(const CacheSpec& spec, const PassCalls& pass) {
  const int last_of_first = spec.whole(kFirst.name) - 1;
  std::vector<int> full;
  for (int call = 0; call < pass.count; ++call) {
    const bool is_due = (call - last_of_first) % spec.whole(kEvery.name) == 0;
    if (call <= last_of_first || is_due) full.push_back(call);
  }
  return full;
}

}  // namespace

PolicyRow window_policy() {
  return {.name = "window",
          .options = {&kFirst, &kEvery, &kBranch, &kGuidance, &kReuse, &kExtrapolation},
          .full_calls = first_and_every,
          .plainer = [](const CacheSpec& spec) {
            return spec.whole(kEvery.name) == 1 ? std::optional(no_caching()) : std::nullopt;
          }};
}

}  // namespace deepcache_gen
