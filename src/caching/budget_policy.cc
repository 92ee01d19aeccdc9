#include <algorithm>
#include <cmath>
#include <optional>

#include "caching/policy_table.h"
#include "support/error.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

extern const CacheOption kSpeedUp, kSeconds;

double resolve_positive(const CacheOption& option, std::optional<double> asked, const CacheRequest& all, double least) {
  if (!asked || *asked >= least) return asked.value_or(0);
  throw UsageError(name_of(option, all) + " " + number_text("%g", *asked) + ": expected " + number_text("%g", least) +
                   " or more");
}

double resolve_speed_up(std::optional<double> asked, const CacheRequest& all, const CacheLimits&) {
  return resolve_positive(kSpeedUp, asked, all, 1);
}

double resolve_seconds(std::optional<double> asked, const CacheRequest& all, const CacheLimits&) {
  return resolve_positive(kSeconds, asked, all, 0);
}

const CacheOption kSpeedUp = spec_option("speedup", "X", false, resolve_speed_up, 0);
const CacheOption kSeconds = spec_option("seconds", "T", false, resolve_seconds, 0);

// A policy that may be taken.
struct Candidate {
  int full;
  Choice cached;
  double cost, error;
  std::vector<double> knots{};
};

// What was found out about the model, for as large a share of the calls.
std::vector<Candidate> tuned_candidates(const TunedCaching& tuned, const PassCosts& costs, const CacheLimits& limits) {
  std::vector<Candidate> candidates;
  for (const TunedPlacement& placement : tuned.front) {
    const double share = static_cast<double>(limits.calls) / tuned.calls;
    const int full =
        std::clamp(static_cast<int>(std::lround(static_cast<double>(placement.full.size()) * share)), 1, limits.calls);
    Candidate candidate{full, placement.cached, 0, placement.error};
    candidate.cost = costs.of_picture(limits.calls, full, placement.cached);
    candidate.knots = knots_of(placement, tuned.calls);
    candidates.push_back(std::move(candidate));
  }
  return candidates;
}

// Of a model that nobody has tuned: the more full calls the better.
std::vector<Candidate> untuned_candidates(const CacheSpec& spec, const PassCosts& costs, const CacheLimits& limits) {
  std::vector<Candidate> candidates;
  const Choice cached = choose_calls(spec, {.count = 2, .way = 2}).back();
  for (int full = 1; full <= limits.calls; ++full) {
    const double cost = costs.of_picture(limits.calls, full, cached);
    candidates.push_back({full, cached, cost, -static_cast<double>(full)});
  }
  return candidates;
}

// What is chosen along with the calls.
constexpr const CacheOption* kChosen[]{&kBranch, &kGuidance, &kReuse, &kExtrapolation};

double value_in(const Choice& cached, const CacheOption& option) {
  if (&option == &kBranch) return cached.branch;
  if (&option == &kGuidance) return cached.holds_guidance ? 1 : 0;
  return &option == &kReuse ? (cached.runs() ? 0 : 1) : cached.extrapolation;
}

bool is_asked_for(const Choice& cached, const CacheRequest& asked) {
  return std::all_of(std::begin(kChosen), std::end(kChosen), [&](const CacheOption* option) {
    const auto found = asked.options.find(option->name);
    const bool means_nothing = option == &kBranch && !cached.runs();
    return found == asked.options.end() || (!means_nothing && found->second == value_in(cached, *option));
  });
}

double allowed_cost(const CacheSpec& spec, const PassCosts& costs, const CacheLimits& limits) {
  const double speed_up = spec.number(kSpeedUp.name), seconds = spec.number(kSeconds.name);
  if ((speed_up > 0) == (seconds > 0)) {
    throw UsageError("--cache-policy budget: needs one of speedup=X and seconds=T, as in budget:speedup=2.5");
  }
  if (speed_up > 0) return costs.of_uncached_picture(limits.calls) / speed_up;
  if (costs.are_seconds) return seconds;
  throw UsageError("--cache-policy, seconds " + number_text("%g", seconds) + ": how long model " + limits.model +
                   " takes here is not known; run deepcache-gen tune with it, or ask for speedup=X");
}

[[noreturn]] void refuse_budget(const std::vector<Candidate>& candidates, const CacheSpec& spec, const PassCosts& costs,
                                const CacheLimits& limits) {
  if (candidates.empty()) {
    throw UsageError("--cache-policy budget: of model " + limits.model +
                     " nothing was tuned with these options; leave them out");
  }
  const auto fastest = std::min_element(candidates.begin(), candidates.end(),
                                        [](const auto& a, const auto& b) { return a.cost < b.cost; });
  const double uncached = costs.of_uncached_picture(limits.calls);
  const bool by_time = spec.number(kSeconds.name) > 0;
  throw UsageError("--cache-policy, " +
                   (by_time ? "seconds " + number_text("%g", spec.number(kSeconds.name))
                            : "speedup " + number_text("%g", spec.number(kSpeedUp.name))) +
                   ": the fastest that is known of model " + limits.model + " " +
                   (by_time ? "takes " + number_text("%.3g", fastest->cost) + " s"
                            : "is " + number_text("%.3g", uncached / fastest->cost) + " times as fast as no caching") +
                   "; ask for " + (by_time ? "more" : "less"));
}

void choose_within_budget(CacheSpec& spec, const CacheRequest& asked, const CacheLimits& limits) {
  spec.curve.calls = limits.calls;
  spec.options.erase(kFullCalls.name);
  const std::shared_ptr<const TunedCaching> tuned = limits.tuned ? limits.tuned() : nullptr;
  const std::optional<PassCosts> costs = limits.costs ? limits.costs() : std::nullopt;
  if (!costs) {
    throw UsageError("--cache-policy budget: what model " + limits.model +
                     " costs is not known; run deepcache-gen tune with it, or export it again");
  }
  const double allowed = allowed_cost(spec, *costs, limits);
  std::vector<Candidate> candidates =
      tuned ? tuned_candidates(*tuned, *costs, limits) : untuned_candidates(spec, *costs, limits);
  std::erase_if(candidates, [&](const Candidate& candidate) {
    return !is_asked_for(candidate.cached, asked) || candidate.cached.branch > limits.max_branch;
  });
  const Candidate* best = nullptr;
  for (const Candidate& candidate : candidates) {
    if (candidate.cost <= allowed && (best == nullptr || candidate.error < best->error)) best = &candidate;
  }
  if (best == nullptr) refuse_budget(candidates, spec, *costs, limits);
  spec.options[kFullCalls.name] = best->full;
  for (const CacheOption* option : kChosen) spec.options[option->name] = value_in(best->cached, *option);
  spec.curve.knots = best->knots;
}

void complete_budget(CacheSpec& spec, const CacheRequest& asked, const CacheLimits& limits) {
  if (spec.placed.empty()) choose_within_budget(spec, asked, limits);
}

}  // namespace

// The best policy that is known of the model for so much time.
PolicyRow budget_policy() {
  return {.name = "budget",
          .options = {&kSpeedUp, &kSeconds, &kBranch, &kGuidance, &kReuse, &kExtrapolation},
          .full_calls = calls_on_curve,
          .complete = complete_budget};
}

}  // namespace deepcache_gen
