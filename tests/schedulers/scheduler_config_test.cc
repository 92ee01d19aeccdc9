#include "schedulers/scheduler_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

nlohmann::json section() {
  return {{"sampler", "ddim"},
          {"sigma_schedule", "discrete"},
          {"num_train_timesteps", 500},
          {"beta_start", 0.001},
          {"beta_end", 0.01},
          {"beta_schedule", "linear"},
          {"steps_offset", 3},
          {"prediction_type", "v_prediction"},
          {"timestep_spacing", "trailing"},
          {"set_alpha_to_one", true}};
}

SchedulerConfig read_with(const std::string& field, const nlohmann::json& value) {
  nlohmann::json changed = section();
  changed[field] = value;
  return read_scheduler_config(JsonObject(changed, "model.json: scheduler"));
}

SchedulerConfig read_of(const std::string& sampler, const std::string& field, const nlohmann::json& value) {
  nlohmann::json changed = section();
  changed["sampler"] = sampler;
  changed[field] = value;
  return read_scheduler_config(JsonObject(changed, "model.json: scheduler"));
}

TEST(ReadSchedulerConfig, ReadsEveryField) {
  const SchedulerConfig config = read_scheduler_config(JsonObject(section(), "model.json: scheduler"));
  EXPECT_EQ(config.sampler, "ddim");
  EXPECT_EQ(config.sigma_schedule, "discrete");
  EXPECT_EQ(config.num_train_timesteps, 500);
  EXPECT_EQ(config.beta_start, 0.001);
  EXPECT_EQ(config.beta_end, 0.01);
  EXPECT_EQ(config.beta_schedule, BetaSchedule::linear);
  EXPECT_EQ(config.steps_offset, 3);
  EXPECT_EQ(config.prediction_type, PredictionType::v_prediction);
  EXPECT_EQ(config.timestep_spacing, TimestepSpacing::trailing);
  EXPECT_TRUE(config.set_alpha_to_one);
}

TEST(ReadSchedulerConfig, ReadsEveryName) {
  EXPECT_EQ(read_with("beta_schedule", "scaled_linear").beta_schedule, BetaSchedule::scaled_linear);
  EXPECT_EQ(read_with("prediction_type", "epsilon").prediction_type, PredictionType::epsilon);
  EXPECT_EQ(read_with("timestep_spacing", "leading").timestep_spacing, TimestepSpacing::leading);
  EXPECT_EQ(read_with("timestep_spacing", "linspace").timestep_spacing, TimestepSpacing::linspace);
}

TEST(ReadSchedulerConfig, RefusesAMissingField) {
  const nlohmann::json whole = section();
  for (const auto& [field, value] : whole.items()) {
    nlohmann::json changed = whole;
    changed.erase(field);
    EXPECT_THAT([&] { read_scheduler_config(JsonObject(changed, "model.json: scheduler")); },
                ThrowsMessage<Error>(HasSubstr("model.json: scheduler: " + field + ": is missing")));
  }
}

TEST(ReadSchedulerConfig, ReadsWhatIsNotAsUsual) {
  EXPECT_TRUE(read_with("rescale_betas_zero_snr", true).rescale_betas_zero_snr);
  EXPECT_EQ(read_of("dpm++2m", "final_sigmas_type", "sigma_min").final_sigma, FinalSigma::sigma_min);
  EXPECT_EQ(read_of("dpm++2m", "solver_order", 1).solver.order, 1);
  EXPECT_EQ(read_of("dpm++2m", "solver_type", "heun").solver.type, SolverType::heun);
  EXPECT_EQ(read_of("unipc", "solver_type", "bh1").solver.type, SolverType::bh1);
  EXPECT_FALSE(read_of("deis", "lower_order_final", false).solver.lower_order_final);
  EXPECT_TRUE(read_of("dpm++2m", "euler_at_final", true).solver.euler_at_final);
  EXPECT_EQ(read_with("original_inference_steps", 25).original_inference_steps, 25);
  EXPECT_EQ(read_with("timestep_scaling", 4.5).timestep_scaling, 4.5);
}

// They would be run silently otherwise.
TEST(ReadSchedulerConfig, RefusesSettingsThatTheSamplersSolverHasNot) {
  const std::vector<std::tuple<std::string, std::string, nlohmann::json>> unknown = {
      {"ddim", "solver_order", 1},           {"dpm++2m", "solver_order", 3},
      {"dpm++2m", "solver_type", "bh1"},     {"unipc", "solver_type", "midpoint"},
      {"dpm++2s", "solver_order", 1},        {"deis", "final_sigmas_type", "sigma_min"},
      {"euler", "lower_order_final", false}, {"unipc", "euler_at_final", true}};
  for (const auto& [sampler, field, value] : unknown) {
    const auto read = [a = sampler, b = field, c = value] { read_of(a, b, c); };
    EXPECT_THAT(read,
                ThrowsMessage<Error>(AllOf(HasSubstr(field), HasSubstr("which sampler '" + sampler + "' has not"))));
  }
}

TEST(ReadSchedulerConfig, RefusesADistillationForMoreStepsThanThereAre) {
  nlohmann::json few = section();
  few["sampler"] = "lcm";
  few["num_train_timesteps"] = 20;
  EXPECT_THAT([&] { read_scheduler_config(JsonObject(few, "model.json: scheduler")); },
              ThrowsMessage<Error>(HasSubstr("original_inference_steps")));
}

TEST(ReadSchedulerConfig, RefusesWhatIsNotExpected) {
  EXPECT_THAT([] { read_with("solver_order", 4); }, ThrowsMessage<Error>(HasSubstr("solver_order")));
  EXPECT_THAT([] { read_with("solver_type", "logrho"); }, ThrowsMessage<Error>(HasSubstr("solver_type")));
  EXPECT_THAT([] { read_with("original_inference_steps", 501); }, ThrowsMessage<Error>(HasSubstr("expected 1 to 500")));
  EXPECT_THAT([] { read_with("timestep_scaling", 0); }, ThrowsMessage<Error>(HasSubstr("expected a number above 0")));
  EXPECT_THAT([] { read_with("rescale_betas_zero_snr", 1); }, ThrowsMessage<Error>(HasSubstr("rescale_betas")));
  EXPECT_THAT([] { read_with("sampler", "eular"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("eular"), HasSubstr("ddim"))));
  EXPECT_THAT([] { read_with("sigma_schedule", "karras"); },
              ThrowsMessage<Error>(HasSubstr("is karras, which the sampler ddim can't follow")));
  EXPECT_THAT([] { read_with("prediction_type", "sample"); }, ThrowsMessage<Error>(HasSubstr("prediction_type")));
  EXPECT_THAT([] { read_with("num_train_timesteps", 0); }, ThrowsMessage<Error>(HasSubstr("num_train_timesteps")));
  EXPECT_THAT([] { read_with("beta_end", 1.5); }, ThrowsMessage<Error>(HasSubstr("expected between 0 and 1")));
  EXPECT_THAT([] { read_with("beta_start", 0); }, ThrowsMessage<Error>(HasSubstr("beta_start")));
  EXPECT_THAT([] { read_with("steps_offset", 500); }, ThrowsMessage<Error>(HasSubstr("expected 0 to 499")));
}

}  // namespace
}  // namespace deepcache_gen
