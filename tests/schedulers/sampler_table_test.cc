#include "schedulers/sampler_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedulers/config_of.h"
#include "schedulers/sampler.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(MakeSampler, RefusesAnUnknownName) {
  EXPECT_THAT(
      [] { make_sampler(config_of("eular"), 20); },
      ThrowsMessage<UsageError>(AllOf(HasSubstr("unknown sampler 'eular'"), HasSubstr("did you mean 'euler'"))));
  EXPECT_THAT([] { make_sampler(config_of("euler", "karas"), 20); },
              ThrowsMessage<UsageError>(HasSubstr("unknown sigma schedule 'karas'; did you mean 'karras'")));
}

TEST(MakeSampler, RefusesKarrasWhereItDoesNotApply) {
  for (const char* name : {"pndm", "ddim", "lcm"}) {
    EXPECT_THAT([&] { make_sampler(config_of(name, "karras"), 20); },
                ThrowsMessage<UsageError>(AllOf(HasSubstr(name), HasSubstr("one of: euler euler_a dpm++2m"))));
  }
}

TEST(MakeSampler, RefusesANumberOfStepsThatTheModelDoesNotHave) {
  for (const int steps : {-1, 0, 1001}) {
    EXPECT_THAT([&] { make_sampler(config_of("ddim"), steps); },
                ThrowsMessage<UsageError>(
                    AllOf(HasSubstr("steps is " + std::to_string(steps)), HasSubstr("expected 1 to 1000"))));
  }
}

// Where diffusers fails with an index error or makes latents that are not numbers.
TEST(MakeSampler, RefusesAScheduleThatLeavesTheModelsTimesteps) {
  for (const char* name : {"pndm", "ddim"}) {
    EXPECT_THAT([&] { make_sampler(config_of(name), 1000); },
                ThrowsMessage<UsageError>(AllOf(HasSubstr("timestep 1000"), HasSubstr("use fewer steps"))));
    EXPECT_NO_THROW(make_sampler(config_of(name), 999));
  }
  EXPECT_THAT([&] { make_sampler(config_of("dpm++2m"), 999); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("steps is 999"), HasSubstr("use fewer steps"))));
  EXPECT_NO_THROW(make_sampler(config_of("dpm++2m"), 998));
}

TEST(WithSampler, KeepsTheModelsConfigWhenNothingIsChosen) {
  const SchedulerConfig config = with_sampler(config_of("euler", "karras"), {}, {});
  EXPECT_EQ(config.sampler, "euler");
  EXPECT_EQ(config.sigma_schedule, "karras");
}

TEST(WithSampler, DropsTheModelsSigmaScheduleOnlyWhereTheChosenSamplerCannotFollowIt) {
  EXPECT_EQ(with_sampler(config_of("euler", "karras"), "ddim", {}).sigma_schedule, "discrete");
  EXPECT_EQ(with_sampler(config_of("euler", "karras"), "dpm++2m", {}).sigma_schedule, "karras");
  EXPECT_EQ(with_sampler(config_of("ddim"), {}, "karras").sigma_schedule, "karras");
}

}  // namespace
}  // namespace deepcache_gen
