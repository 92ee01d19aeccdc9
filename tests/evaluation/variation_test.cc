#include "evaluation/variation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/output/example_run.h"

namespace deepcache_gen {
namespace {

using testing::StartsWith;

CacheSpec curve(double full, bool holds_guidance = false) {
  return {"curve", {{"full", full}, {"branch", 0}, {"guidance", holds_guidance}}, {}, {4, {}}};
}

TEST(Variation, HasANameForPeopleAndOneForAFile) {
  EXPECT_TRUE(Variation{}.is_original());
  EXPECT_EQ(variation_text({}), "original");
  EXPECT_EQ(variation_file_name({}), "original");
  EXPECT_EQ(variation_text({uniform_caching(3, 0)}), "interval 3, branch 0");
  EXPECT_EQ(variation_file_name({uniform_caching(3, 0)}), "interval3-branch0");
  EXPECT_EQ(variation_text({curve(10, true)}), "curve, full 10, branch 0, guidance held");
  EXPECT_EQ(variation_file_name({curve(10, true)}), "curve-full10-branch0-guidanceheld");
  const Variation plain{no_caching(), 11, false}, on_curve{no_caching(), 11, true};
  EXPECT_FALSE(plain.is_original());
  EXPECT_EQ(variation_text(plain), "11 steps");
  EXPECT_EQ(variation_text({no_caching(), 1, false}), "1 step");
  EXPECT_EQ(variation_file_name(plain), "steps11");
  EXPECT_EQ(variation_text(on_curve), "11 steps, curve");
  EXPECT_EQ(variation_file_name(on_curve), "steps11-curve");
}

CacheSpec many_calls(int last) {
  CacheSpec spec{"steps", {{"branch", 0}, {"guidance", 0}}};
  std::vector<int>& calls = spec.placed.emplace_back();
  for (int call = 0; call < 500; ++call) calls.push_back(call);
  calls.push_back(last);
  return spec;
}

TEST(Variation, HasAShortNameWhateverItIs) {
  const std::string one = variation_file_name({many_calls(600)}), other = variation_file_name({many_calls(601)});
  EXPECT_LE(one.size(), 100u);
  EXPECT_THAT(one, StartsWith("steps-full0+1+2+3"));
  EXPECT_NE(one, other);
  EXPECT_LE(variation_text({many_calls(600)}).size(), 63u);
}

using Requests = std::vector<std::map<std::string, double>>;

Requests options_of(const std::vector<CacheRequest>& requests) {
  Requests options;
  for (const CacheRequest& request : requests) options.push_back(request.options);
  return options;
}

TEST(CachingToCompare, IsEveryIntervalWithEveryBranchAndThePolicies) {
  const auto uniform = [](int interval, int branch) { return uniform_caching(interval, branch).options; };
  const std::vector<CacheRequest> policies{{{{"full", 4}}, "curve"}};
  EXPECT_EQ(options_of(caching_to_compare({}, {}, {})),
            (Requests{uniform(3, 0), uniform(3, 1), uniform(5, 0), uniform(5, 1)}));
  EXPECT_EQ(options_of(caching_to_compare({{1, 2}}, {{0, 2}}, {})), (Requests{uniform(2, 0), uniform(2, 2)}));
  EXPECT_EQ(options_of(caching_to_compare({}, {}, policies)), (Requests{{{"full", 4}}}));
  EXPECT_EQ(options_of(caching_to_compare({{2}}, {}, policies)),
            (Requests{uniform(2, 0), uniform(2, 1), {{"full", 4}}}));
}

GenerationPlan plan_of_calls(const CacheSpec& spec, int calls, int full) {
  GenerationPlan plan = example_plan();
  plan.settings.steps = calls;
  plan.settings.cache = spec;
  plan.passes.front().calls.clear();
  for (int i = 0; i < calls; ++i) {
    const Choice cached{StepKind::cached, spec.whole("branch"), spec.number("guidance") != 0};
    plan.passes.front().calls.push_back({i, 0, 0, i < full ? Choice{} : cached});
  }
  return plan;
}

// 30 steps of 10, of which 10 are full and 20 cost 1.5, or 0.75 with the conditional half alone; what else a picture
// costs is the same in all.
TEST(StepsOfEqualCost, CostWhatTheCallsDo) {
  const PassCosts costs{true, 10, {1.5, 4}, {0.75, 2}, 1000};
  const GenerationPlan original = plan_of_calls(no_caching(), 30, 30);
  EXPECT_EQ(steps_of_equal_cost(costs, original, plan_of_calls(uniform_caching(3, 0), 30, 10)), 13);
  EXPECT_EQ(steps_of_equal_cost(costs, original, plan_of_calls(uniform_caching(3, 1), 30, 10)), 18);
  EXPECT_EQ(steps_of_equal_cost(costs, original, plan_of_calls(curve(10, true), 30, 10)), 12) << "11.5";
  EXPECT_EQ(steps_of_equal_cost(costs, original, plan_of_calls(uniform_caching(3, 7), 30, 10)), 30)
      << "of an unknown branch nothing is known to be saved";
  EXPECT_EQ(steps_of_equal_cost({true, 10, {0}, {0}, 0}, original, plan_of_calls(curve(1), 30, 0)), 1);
}

// Of calls that run nothing.
TEST(StepsOfEqualCost, AreTheFullCallsWhereNoOthersRun) {
  GenerationPlan plan = plan_of_calls(curve(10), 30, 10);
  for (PlannedCall& call : plan.passes.front().calls) {
    if (call.choice.kind == StepKind::cached) call.choice.reuse = Reuse::denoised;
  }
  EXPECT_EQ(steps_of_equal_cost({true, 10, {1.5}, {0.75}, 0}, plan_of_calls(no_caching(), 30, 30), plan), 10);
}

}  // namespace
}  // namespace deepcache_gen
