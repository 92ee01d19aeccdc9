#include "schedulers/sampler_table.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "schedulers/config_of.h"
#include "schedulers/made_up_noise.h"
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

TEST(MakeSampler, RefusesSigmasThatAreNone) {
  for (const std::vector<double>& sigmas :
       {std::vector<double>{1}, {1, 1, 0}, {1, 2, 0}, {1, -1}, {0, 0}, {1, 1e-30}, {1e30, 0}}) {
    SchedulerConfig config = config_of("euler");
    config.sigmas = sigmas;
    EXPECT_THAT([&] { make_sampler(config, std::max<int>(1, static_cast<int>(sigmas.size()) - 1)); },
                ThrowsMessage<UsageError>(HasSubstr("--sigmas: expected falling numbers")));
  }
  SchedulerConfig config = config_of("ddim");
  config.sigmas = {14, 1, 0};
  EXPECT_THAT([&] { make_sampler(config, 2); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("'ddim'"), HasSubstr("not on --sigmas"))));
}

TEST(MakeSampler, RefusesTimestepsThatAreNone) {
  for (const std::vector<double>& timesteps : {std::vector<double>{1000, 1}, {10, -1}, {5, 5}, {5, 6}}) {
    SchedulerConfig config = config_of("euler");
    config.timesteps = timesteps;
    EXPECT_THAT([&] { make_sampler(config, 2); },
                ThrowsMessage<UsageError>(HasSubstr("--timesteps: expected falling numbers")));
  }
  SchedulerConfig config = config_of("euler");
  config.timesteps = {10.5, 1};
  EXPECT_NO_THROW(make_sampler(config, 2));
  config.sampler = "ddim";
  EXPECT_THAT([&] { make_sampler(config, 2); },
              ThrowsMessage<UsageError>(HasSubstr("--timesteps: expected falling whole numbers")));
  config.sampler = "pndm";
  EXPECT_THAT([&] { make_sampler(config, 2); }, ThrowsMessage<UsageError>(HasSubstr("'pndm' steps by equal strides")));
}

TEST(MakeSampler, RefusesMoreStepsThanTheModelWasDistilledFor) {
  EXPECT_NO_THROW(make_sampler(config_of("lcm"), 50));
  EXPECT_THAT([] { make_sampler(config_of("lcm"), 51); },
              ThrowsMessage<UsageError>(AllOf(HasSubstr("steps is 51"), HasSubstr("distilled for"))));
}

TEST(MakeSampler, RefusesAlignedStepsForAModelThatHasNone) {
  SchedulerConfig config = config_of("euler", "ays");
  config.aligned_steps = AlignedSteps::none;
  EXPECT_THAT([&] { make_sampler(config, 10); }, ThrowsMessage<UsageError>(HasSubstr("Stable Diffusion 1.x and XL")));
}

TEST(MakeSampler, NamesLevelsThatAreEqualInFloat32) {
  SchedulerConfig config = config_of("euler");
  config.sigmas = {5.000000001, 5, 0};
  EXPECT_THAT([&] { make_sampler(config, 2); }, ThrowsMessage<UsageError>(HasSubstr("--sigmas: two of the levels")));
}

// Where the last level is the end, a step has no length, which solvers divide by.
TEST(MakeSampler, AStepOfNoLengthLeavesTheLatentsAlone) {
  for (const char* name : {"dpm++2m", "dpm++3m", "dpm++2m_sde", "unipc"}) {
    SchedulerConfig config = config_of(name, "karras");
    config.final_sigma = FinalSigma::sigma_min;
    const std::unique_ptr<Sampler> sampler = make_sampler(config, 20);
    const Step& last = sampler->steps().back();
    EXPECT_NEAR(last.next_sigma, last.sigma, 1e-7) << name;
    MadeUpNoise noise([] { return at::ones({1, 4, 2, 2}); });
    at::Tensor latents = at::ones({1, 4, 2, 2});
    for (const Step& step : sampler->steps()) {
      latents = sampler->advance(latents, sampler->prediction(latents, latents * 0.1, step), step, noise);
    }
    EXPECT_TRUE(at::isfinite(latents).all().item<bool>()) << name;
  }
}

// Where epsilon says nothing of the picture, and where pndm divides by what is left of it.
TEST(MakeSampler, RefusesToBeginWithNoSignalWhereItCannot) {
  SchedulerConfig config = config_of("ddim");
  config.rescale_betas_zero_snr = true;
  EXPECT_NO_THROW(make_sampler(config, 10));  // leading spacing does not begin there
  config.timestep_spacing = TimestepSpacing::trailing;
  EXPECT_THAT([&] { make_sampler(config, 10); }, ThrowsMessage<UsageError>(HasSubstr("no signal at all; use euler")));
  config.prediction_type = PredictionType::v_prediction;
  EXPECT_NO_THROW(make_sampler(config, 10));
  config.sampler = "pndm";
  EXPECT_THAT([&] { make_sampler(config, 10); }, ThrowsMessage<UsageError>(HasSubstr("'pndm'")));
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

// What model.json says of the solver is of the model's own.
TEST(WithSampler, DropsWhatIsSaidOfAnotherSolver) {
  SchedulerConfig own = config_of("dpm++2m");
  own.solver.order = 1;
  own.final_sigma = FinalSigma::sigma_min;
  EXPECT_EQ(with_sampler(own, "dpm++2m", {}).solver.order, 1);
  EXPECT_EQ(with_sampler(own, "unipc", {}).solver.order, std::nullopt);
  EXPECT_EQ(with_sampler(own, "unipc", {}).final_sigma, FinalSigma::zero);
}

TEST(WithSampler, DropsTheModelsSigmaScheduleOnlyWhereTheChosenSamplerCannotFollowIt) {
  EXPECT_EQ(with_sampler(config_of("euler", "karras"), "ddim", {}).sigma_schedule, "discrete");
  EXPECT_EQ(with_sampler(config_of("euler", "karras"), "dpm++2m", {}).sigma_schedule, "karras");
  EXPECT_EQ(with_sampler(config_of("ddim"), {}, "karras").sigma_schedule, "karras");
}

}  // namespace
}  // namespace deepcache_gen
