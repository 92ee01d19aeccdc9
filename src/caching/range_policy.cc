#include "caching/policy_table.h"
#include "support/error.h"
#include "support/number_text.h"

namespace deepcache_gen {
namespace {

constexpr const char* kStartName = "start";
constexpr const char* kEndName = "end";

double checked_fraction(const std::string& flag, double value) {
  if (value >= 0 && value <= 1) return value;
  throw UsageError(flag, flag + " " + number_text("%g", value) + ": expected 0 to 1, a fraction of the UNet calls");
}

double resolve_start(std::optional<double> asked, const CacheRequest&, const CacheLimits&) {
  return checked_fraction("--cache-start", asked.value_or(0));
}

double resolve_end(std::optional<double> asked, const CacheRequest& all, const CacheLimits&) {
  const double end = checked_fraction("--cache-end", asked.value_or(1));
  const auto asked_start = all.find(kStartName);
  const double start = asked_start == all.end() ? 0 : asked_start->second;
  if (start < end) return end;
  throw UsageError("--cache-end", "--cache-end " + number_text("%g", end) + ": must be above --cache-start, which is " +
                                      number_text("%g", start));
}

const CacheOption kStart{.name = kStartName,
                         .flags = "--cache-start",
                         .placeholder = "X",
                         .help = "Cache from this fraction of the UNet calls on; those before are full. Default: 0.",
                         .key = "cache_start",
                         .infotext = "DeepCache start",
                         .is_whole = false,
                         .is_common = false,
                         .neutral = 0,
                         .resolve = resolve_start,
                         .recommended = nullptr};

const CacheOption kEnd{.name = kEndName,
                       .flags = "--cache-end",
                       .placeholder = "X",
                       .help = "Cache up to this fraction of the UNet calls; those after are full. Default: 1.",
                       .key = "cache_end",
                       .infotext = "DeepCache end",
                       .is_whole = false,
                       .is_common = false,
                       .neutral = 1,
                       .resolve = resolve_end,
                       .recommended = nullptr};

CacheSpec uniform_part(const CacheSpec& spec) {
  return uniform_caching(spec.whole(kInterval.name), spec.whole(kBranch.name));
}

std::optional<CacheSpec> plainer_than_range(const CacheSpec& spec) {
  const bool leaves_out = spec.number(kStartName) > 0 || spec.number(kEndName) < 1;
  return leaves_out ? std::nullopt : std::optional(uniform_part(spec));
}

// Uniform caching in a part of the calls: call i of n lies in it when start * n <= i < end * n. Outside, every call is
// full.
class RangePolicy final : public CachePolicy {
 public:
  explicit RangePolicy(const CacheSpec& spec)
      : uniform_(make_policy(uniform_part(spec))), start_(spec.number(kStartName)), end_(spec.number(kEndName)) {}

  Choice choose(const CacheCall& call) override {
    Choice choice = uniform_->choose(call);
    if (call.index < start_ * call.count || call.index >= end_ * call.count) choice.kind = StepKind::full;
    return choice;
  }

 private:
  std::unique_ptr<CachePolicy> uniform_;
  double start_, end_;
};

}  // namespace

PolicyRow range_policy() {
  return {
      .name = "range",
      .options = {&kInterval, &kBranch, &kStart, &kEnd},
      .caches = has_intervals,
      .make = [](const CacheSpec& spec) -> std::unique_ptr<CachePolicy> { return std::make_unique<RangePolicy>(spec); },
      .plainer = plainer_than_range};
}

}  // namespace deepcache_gen
