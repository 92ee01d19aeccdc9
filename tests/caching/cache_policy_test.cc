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
  const std::unique_ptr<CachePolicy> policy = make_policy(spec);
  std::vector<StepKind> kinds;
  for (int i = 0; i < calls; ++i) kinds.push_back(policy->choose({i, calls}).kind);
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
  EXPECT_EQ(make_policy(uniform_caching(3, 2))->choose({1, 9}), (Choice{c, 2, true}));
}

const CacheLimits kLimits{.steps = 20, .max_branch = 11, .model = "tiny", .defaults = {.interval = 3, .branch = 1}};

TEST(ResolveCaching, TakesWhatTheModelRecommends) {
  EXPECT_EQ(resolve_caching({}, kLimits), uniform_caching(3, 1));
  EXPECT_EQ(resolve_caching({{"interval", 5}}, kLimits), uniform_caching(5, 1));
  EXPECT_EQ(resolve_caching({{"branch", 4}}, kLimits), uniform_caching(3, 4));
  CacheLimits few = kLimits;
  few.steps = 2;
  EXPECT_EQ(resolve_caching({}, few), uniform_caching(2, 1)) << "a recommendation gives way to few steps";
}

TEST(RangeCaching, IsFullOutside) {
  const CacheSpec spec = resolve_caching({{"interval", 2}, {"branch", 0}, {"start", 0.25}, {"end", 0.75}}, kLimits);
  EXPECT_EQ(spec.policy, "range");
  EXPECT_THAT(kinds(spec, 8), ElementsAre(F, F, F, c, F, c, F, F));
  EXPECT_EQ(cache_text(spec), "range, interval 2, branch 0, start 0.25, end 0.75");
}

TEST(RangeCaching, OfAllCallsIsUniform) {
  const CacheSpec all{"range", {{"interval", 3}, {"branch", 1}, {"start", 0}, {"end", 1}}};
  EXPECT_EQ(kinds(all, 20), kinds(uniform_caching(3, 1), 20));
  EXPECT_EQ(short_cache_text(all), "range:3/1");
  EXPECT_EQ(resolve_caching({{"interval", 3}, {"start", 0}}, kLimits), uniform_caching(3, 1));
  EXPECT_EQ(resolve_caching({{"interval", 3}, {"start", 0}, {"end", 1}}, kLimits), uniform_caching(3, 1));
  EXPECT_EQ(resolve_caching({{"end", 1}}, kLimits), resolve_caching({}, kLimits));
  EXPECT_EQ(resolve_caching({{"interval", 3}, {"end", 0.9}}, kLimits).policy, "range");
}

TEST(RangeCaching, RefusesWhatIsNoPart) {
  EXPECT_THAT(
      [] {
        resolve_caching({{"start", 1.5}}, kLimits);
      },
      ThrowsMessage<UsageError>(HasSubstr("--cache-start 1.5: expected 0 to 1")));
  EXPECT_THAT(
      [] {
        resolve_caching({{"start", 0.5}, {"end", 0.25}}, kLimits);
      },
      ThrowsMessage<UsageError>(HasSubstr("--cache-end 0.25: must be above --cache-start, which is 0.5")));
}

TEST(ResolveCaching, RefusesWhatNoPolicyHas) {
  EXPECT_THAT(
      [] {
        resolve_caching({{"interval", 3}, {"knots", 1}}, kLimits);
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

}  // namespace
}  // namespace deepcache_gen
