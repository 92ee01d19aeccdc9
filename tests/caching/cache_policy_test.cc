#include "caching/cache_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "caching/policy_table.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

constexpr StepKind F = StepKind::full;
constexpr StepKind c = StepKind::cached;

std::vector<StepKind> kinds(const CacheSpec& spec, int calls) {
  std::vector<StepKind> kinds;
  for (const Choice& choice : choose_calls(spec, {.count = calls, .way = calls})) kinds.push_back(choice.kind);
  return kinds;
}

TEST(UniformCaching, IsFullEveryIntervalCallsFromTheFirst) {
  EXPECT_THAT(kinds(uniform_caching(3, 0), 7), ElementsAre(F, c, c, F, c, c, F));
  EXPECT_THAT(kinds(uniform_caching(2, 0), 4), ElementsAre(F, c, F, c));
}

TEST(UniformCaching, IntervalOneIsNoCaching) {
  EXPECT_THAT(kinds(no_caching(), 5), Each(F));
  EXPECT_FALSE(caches(no_caching()));
  EXPECT_FALSE(caches(uniform_caching(1, 3)));
  EXPECT_TRUE(caches(uniform_caching(2, 0)));
}

TEST(UniformCaching, AnIntervalOverTheCallsHasOneFullStep) {
  EXPECT_THAT(kinds(uniform_caching(50, 2), 5), ElementsAre(F, c, c, c, c));
}

TEST(UniformCaching, GoesToItsBranchAndKeepsBothHalves) {
  EXPECT_EQ(choose_calls(uniform_caching(3, 2), {.count = 9, .way = 9}).at(1), (Choice{c, 2}));
}

const CacheLimits kLimits{
    .steps = 20, .max_branch = 11, .model = "tiny", .defaults = {.interval = 3, .branch = 1}, .calls = 20};

TEST(ResolveCaching, TakesWhatTheModelRecommends) {
  EXPECT_EQ(resolve_caching({}, kLimits), uniform_caching(3, 1));
  EXPECT_EQ(resolve_caching({{{"interval", 5}}}, kLimits), uniform_caching(5, 1));
  EXPECT_EQ(resolve_caching({{{"branch", 4}}}, kLimits), uniform_caching(3, 4));
  CacheLimits few = kLimits;
  few.steps = 2;
  EXPECT_EQ(resolve_caching({}, few), uniform_caching(2, 1)) << "a recommendation gives way to few steps";
}

TEST(RangeCaching, IsFullOutside) {
  const CacheSpec spec = resolve_caching({{{"interval", 2}, {"branch", 0}, {"start", 0.25}, {"end", 0.75}}}, kLimits);
  EXPECT_EQ(spec.policy, "range");
  EXPECT_THAT(kinds(spec, 8), ElementsAre(F, F, F, c, F, c, F, F));
  EXPECT_EQ(cache_text(spec), "range, interval 2, branch 0, start 0.25, end 0.75");
}

TEST(RangeCaching, OfAllCallsIsUniform) {
  const CacheSpec all{"range", {{"interval", 3}, {"branch", 1}, {"start", 0}, {"end", 1}}};
  EXPECT_EQ(kinds(all, 20), kinds(uniform_caching(3, 1), 20));
  EXPECT_EQ(short_cache_text(all), "range:3/1");
  EXPECT_EQ(resolve_caching({{{"interval", 3}, {"start", 0}}}, kLimits), uniform_caching(3, 1));
  EXPECT_EQ(resolve_caching({{{"interval", 3}, {"start", 0}, {"end", 1}}}, kLimits), uniform_caching(3, 1));
  EXPECT_EQ(resolve_caching({{{"end", 1}}}, kLimits), resolve_caching({}, kLimits));
  EXPECT_EQ(resolve_caching({{{"interval", 3}, {"end", 0.9}}}, kLimits).policy, "range");
}

TEST(RangeCaching, RefusesWhatIsNoPart) {
  EXPECT_THAT(
      [] {
        resolve_caching({{{"start", 1.5}}}, kLimits);
      },
      ThrowsMessage<UsageError>(HasSubstr("--cache-start 1.5: expected 0 to 1")));
  EXPECT_THAT(
      [] {
        resolve_caching({{{"start", 0.5}, {"end", 0.25}}}, kLimits);
      },
      ThrowsMessage<UsageError>(HasSubstr("--cache-end 0.25: must be above --cache-start, which is 0.5")));
}

TEST(ResolveCaching, RefusesWhatNoPolicyHas) {
  EXPECT_THAT(
      [] {
        resolve_caching({{{"interval", 3}, {"knots", 1}}}, kLimits);
      },
      ThrowsMessage<UsageError>(HasSubstr("no cache policy has all of --interval")));
}

TEST(CacheText, NamesTheValues) {
  EXPECT_EQ(cache_text(uniform_caching(3, 0)), "interval 3, branch 0");
  EXPECT_EQ(cache_text(no_caching()), "interval 1, branch 0");
  EXPECT_EQ(short_cache_text(uniform_caching(5, 11)), "5/11");
  EXPECT_EQ(short_cache_text(uniform_caching(1, 4)), "original");
  EXPECT_EQ(cache_file_name(uniform_caching(1000000, 11)), "interval1000000-branch11");
  EXPECT_EQ(cache_file_name(no_caching()), "original");
}

TEST(PolicyTable, HasOneRowForEachNameAndOption) {
  std::vector<std::string> names, options;
  for (const PolicyRow& row : policy_table()) names.push_back(row.name);
  for (const CacheOption* option : cache_options()) options.push_back(option->name);
  for (std::vector<std::string>* list : {&names, &options}) {
    std::sort(list->begin(), list->end());
    EXPECT_EQ(std::adjacent_find(list->begin(), list->end()), list->end());
  }
}

// What a spec comes to for 30 calls.
std::vector<int> full_calls(const std::string& text, int calls = 30) {
  CacheLimits limits = kLimits;
  limits.steps = limits.calls = calls;
  limits.extrapolates = true;
  const CacheSpec spec = resolve_caching(read_cache_policy("--cache-policy", text), limits);
  std::vector<int> full;
  const std::vector<Choice> choices = choose_calls(spec, {.count = calls, .way = calls});
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].kind == F) full.push_back(static_cast<int>(i));
  }
  return full;
}

std::string refusal_of(const std::string& text) {
  try {
    full_calls(text);
  } catch (const UsageError& error) {
    EXPECT_THAT(error.flags(), testing::Contains("--cache-policy")) << text;
    return error.what();
  }
  return "none";
}

TEST(CachePolicies, PlaceFullCallsAsTheirOptionsSay) {
  EXPECT_THAT(full_calls("uniform:interval=10"), ElementsAre(0, 10, 20));
  EXPECT_THAT(full_calls("3/0", 9), ElementsAre(0, 3, 6));
  EXPECT_EQ(full_calls("original").size(), 30U);
  EXPECT_THAT(full_calls("window:first=4,every=4"), ElementsAre(0, 1, 2, 3, 7, 11, 15, 19, 23, 27));
  EXPECT_THAT(full_calls("window:first=7,every=4", 20), ElementsAre(0, 1, 2, 3, 4, 5, 6, 10, 14, 18));
  EXPECT_THAT(full_calls("steps:full=0+1+3+5+8"), ElementsAre(0, 1, 3, 5, 8));
  EXPECT_THAT(full_calls("steps:full=5+8"), ElementsAre(0, 5, 8)) << "the first is full in any case";
}

// round(30 (j / 10)^1.5), by hand.
TEST(CachePolicies, FollowAPowerLawWhereNothingWasTuned) {
  EXPECT_THAT(full_calls("curve:full=10"), ElementsAre(0, 1, 3, 5, 8, 11, 14, 18, 21, 26));
  EXPECT_THAT(full_calls("curve:full=29"), testing::SizeIs(29));
  EXPECT_THAT(full_calls("curve", 7), testing::SizeIs(3)) << "as many as interval 3 has";
}

// Values of the paper's own function, sample_from_quad_center, run with NumPy.
TEST(CachePolicies, PlaceAroundACentreAsTheAuthorsDo) {
  EXPECT_THAT(full_calls("centre:full=10,centre=15,power=1.4", 50), ElementsAre(0, 5, 9, 13, 17, 21, 26, 31, 37, 43));
  EXPECT_THAT(full_calls("centre:full=5,centre=15,power=1.4", 50), ElementsAre(0, 9, 17, 26, 37));
  EXPECT_THAT(full_calls("centre:full=10,centre=10,power=1.2", 50), ElementsAre(0, 5, 9, 12, 16, 21, 26, 32, 38, 43));
  EXPECT_THAT(full_calls("centre:full=17,centre=20,power=1.2", 50),
              ElementsAre(0, 4, 7, 10, 12, 15, 18, 20, 22, 25, 27, 30, 33, 36, 40, 43, 46));
  EXPECT_THAT(full_calls("centre:full=5,centre=6,power=1.4", 20), testing::SizeIs(5));
  EXPECT_THAT(full_calls("centre:full=10,centre=10,power=1.3", 30), ElementsAre(0, 3, 6, 9, 10, 13, 16, 19, 22, 26));
}

TEST(CachePolicies, TellEveryCachedCallBranchGuidanceAndExtrapolation) {
  CacheLimits limits = kLimits;
  limits.extrapolates = true;
  const std::string text = "curve:full=2,branch=3,guidance=held,extrapolate=0.5";
  const CacheSpec spec = resolve_caching(read_cache_policy("--cache-policy", text), limits);
  EXPECT_EQ(cache_policy_text(spec), text);
  const std::vector<Choice> choices = choose_calls(spec, {.count = 20, .way = 20});
  EXPECT_EQ(choices[0], (Choice{F, 3}));
  EXPECT_EQ(choices[1], (Choice{c, 3, true, 0.5}));
  EXPECT_EQ(cache_text(spec), "curve, full 2, branch 3, guidance held, extrapolate 0.5");
  EXPECT_EQ(short_cache_text(spec), "curve:2/3/held/0.5");
  EXPECT_EQ(cache_file_name(spec), "curve-full2-branch3-guidanceheld-extrapolate0.5");
}

TEST(CachePolicies, MayRunNothing) {
  const std::string text = "window:first=2,every=2,reuse=denoised,extrapolate=0.5";
  const CacheSpec spec = resolve_caching(read_cache_policy("--cache-policy", text), kLimits);
  EXPECT_EQ(cache_policy_text(spec), text) << "a branch means nothing";
  const std::vector<Choice> choices = choose_calls(spec, {.count = 4, .way = 4});
  EXPECT_EQ(choices[2], (Choice{c, 0, false, 0.5, Reuse::denoised}));
  EXPECT_FALSE(choices[2].runs());
  EXPECT_TRUE(choices[0].runs());
  EXPECT_THAT(refusal_of("curve:reuse=denoised,branch=1"), HasSubstr("branch: has no effect with reuse=denoised"));
  EXPECT_THAT(refusal_of("curve:reuse=denoised,guidance=held"), HasSubstr("guidance: has no effect"));
}

TEST(CachePolicies, GiveWayToCallsThatRecordsSay) {
  const CacheSpec spec = resolve_caching(read_cache_policy("--cache-policy", "curve:full=3,at=0+2+9/0+1"), kLimits);
  EXPECT_EQ(cache_policy_text(spec), "curve:full=3,branch=1") << "the policy is still what it was";
  EXPECT_EQ(placed_text(spec.placed), "0+2+9/0+1");
  const auto kinds_of = [&](int pass) { return choose_calls(spec, {.count = 10, .number = pass, .way = 20}); };
  EXPECT_EQ(kinds_of(0)[2].kind, F);
  EXPECT_EQ(kinds_of(1)[2].kind, c);
  EXPECT_EQ(kinds_of(2), kinds_of(1)) << "passes behind the last one are as that";
}

TEST(CachePolicies, OfFullCallsOnlyAreNoCaching) {
  for (const char* text : {"curve:full=20", "window:every=1", "original"}) {
    EXPECT_EQ(resolve_caching(read_cache_policy("--cache-policy", text), kLimits), no_caching()) << text;
  }
}

TEST(CachePolicies, AreRefusedInOneLine) {
  EXPECT_EQ(refusal_of("curv:full=3"), "--cache-policy 'curv:full=3': unknown policy 'curv'; did you mean 'curve'?");
  EXPECT_THAT(refusal_of("lottery"), HasSubstr("there are uniform, range, window, curve, centre, steps, budget"));
  EXPECT_THAT(refusal_of("curve:ful=3"), HasSubstr("unknown option of curve 'ful'; did you mean 'full'?"));
  EXPECT_THAT(refusal_of("curve:full"), HasSubstr("'full': expected NAME=VALUE"));
  EXPECT_THAT(refusal_of("curve:full=31"), HasSubstr("full 31: expected 1 to 30, the number of UNet calls"));
  EXPECT_THAT(refusal_of("curve:full=0"), HasSubstr("full 0: expected 1 to 30"));
  EXPECT_THAT(refusal_of("curve:full=3,full=4"), HasSubstr("has full twice"));
  EXPECT_THAT(refusal_of("curve:full=x"), HasSubstr("full 'x': expected a whole number"));
  EXPECT_THAT(refusal_of("curve:branch=12"), HasSubstr("branch 12: expected 0 to 11 for model tiny"));
  EXPECT_THAT(refusal_of("curve:guidance=none"), HasSubstr("guidance 'none': expected both, held"));
  EXPECT_THAT(refusal_of("curve:extrapolate=2"), HasSubstr("extrapolate 2: expected 0 (none) to 1"));
  EXPECT_THAT(refusal_of("uniform:interval=31"), HasSubstr("interval 31: expected 1 to 30"));
  EXPECT_THAT(refusal_of("window:first=0"), HasSubstr("first 0: expected 1 to 1000"));
  EXPECT_THAT(refusal_of("centre:power=1"), HasSubstr("power 1: expected more than 1, to 10"));
  EXPECT_THAT(refusal_of("centre:centre=31"), HasSubstr("centre 31: expected 0 to 30"));
  EXPECT_THAT(refusal_of("centre:full=30,centre=3"), HasSubstr("places 30 full calls among 30; take fewer"));
  EXPECT_THAT(refusal_of("steps"), HasSubstr("needs the full calls, as in steps:full=0+1+3+5+8"));
  EXPECT_THAT(refusal_of("steps:full=3+3"), HasSubstr("the calls must rise"));
  EXPECT_THAT(refusal_of("steps:full=0+30"), HasSubstr("full 30: expected calls from 0 to 29"));
  EXPECT_THAT(refusal_of("steps:full="), HasSubstr("expected UNet calls from 0 on"));
  EXPECT_THAT(refusal_of("budget"), HasSubstr("what model tiny costs is not known; run deepcache-gen tune"));
}

TEST(CachePolicies, ExtrapolateWhereThatWasFoundToHelp) {
  CacheLimits limits = kLimits;
  limits.sampler = "dpm++2m";
  EXPECT_THAT(([&] { resolve_caching(read_cache_policy("--cache-policy", "curve:extrapolate=0.3"), limits); }),
              ThrowsMessage<UsageError>(HasSubstr("makes pictures worse with sampler 'dpm++2m'")));
}

// A model's recommendation is for its own number of steps, and is no reason to refuse another.
TEST(ResolveCaching, ScalesTheRecommendedPolicy) {
  CacheLimits limits = kLimits;
  limits.defaults.policy = "curve:full=10,branch=0,guidance=held,extrapolate=0.3";
  limits.defaults.steps = 30;
  limits.steps = limits.calls = 30;
  EXPECT_EQ(cache_policy_text(resolve_caching({}, limits)), "curve:full=10,branch=0,guidance=held");
  limits.steps = limits.calls = 12;
  EXPECT_EQ(cache_policy_text(resolve_caching({}, limits)), "curve:full=6,branch=0,guidance=held")
      << "so few steps have no less than six full calls";
  limits.steps = limits.calls = 21;
  EXPECT_EQ(cache_policy_text(resolve_caching({}, limits)), "curve:full=7,branch=0,guidance=held");
  limits.steps = limits.calls = 1;
  EXPECT_EQ(resolve_caching({}, limits), no_caching());
  limits.steps = limits.calls = 12;
  EXPECT_EQ(resolve_caching({{{"branch", 2}}}, limits), uniform_caching(3, 2)) << "a flag replaces all of it";
  EXPECT_EQ(resolve_caching({{{"interval", 1}}}, limits), uniform_caching(1, 1));
}

}  // namespace
}  // namespace deepcache_gen
