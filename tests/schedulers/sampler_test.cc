#include "schedulers/sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cmath>

#include "schedulers/config_of.h"
#include "schedulers/sampler_table.h"

namespace deepcache_gen {
namespace {

at::Tensor noise() { return at::randn({2, 4, 8, 8}); }

double worst_difference(const at::Tensor& a, const at::Tensor& b) { return (a - b).abs().max().item<double>(); }

struct Choice {
  std::string sampler, sigma_schedule;
  PredictionType prediction_type;
};

class EverySampler : public testing::TestWithParam<Choice> {};

// What a model says that knows the picture in the latents.
at::Tensor perfect_output(PredictionType type, const at::Tensor& input, const at::Tensor& picture, double sigma) {
  const double signal = 1 / std::sqrt(sigma * sigma + 1);
  const at::Tensor epsilon = (input - picture * signal) / (sigma * signal);
  return type == PredictionType::epsilon ? epsilon : epsilon * signal - picture * (sigma * signal);
}

// Independent of diffusers: whatever the way, it ends at the picture that the model has in mind.
TEST_P(EverySampler, EndsAtThePictureOfAPerfectModel) {
  for (const int steps : {1, 2, 3, 10, 25}) {
    SchedulerConfig config = config_of(GetParam().sampler, GetParam().sigma_schedule);
    config.prediction_type = GetParam().prediction_type;
    config.set_alpha_to_one = true;
    const std::unique_ptr<Sampler> sampler = make_sampler(config, steps);
    const at::Tensor picture = noise();
    at::Tensor latents = noise() * sampler->init_noise_sigma();
    for (const Step& step : sampler->steps()) {
      const at::Tensor input = sampler->scale_model_input(latents, step);
      const at::Tensor output = perfect_output(config.prediction_type, input, picture, step.sigma);
      latents = sampler->advance(latents, output, step, noise);
    }
    EXPECT_LT(worst_difference(latents, picture), 1e-3) << steps << " steps";
  }
}

std::vector<Choice> choices() {
  std::vector<Choice> choices;
  for (const PredictionType type : {PredictionType::epsilon, PredictionType::v_prediction}) {
    for (const std::string& name : sampler_names()) {
      // Pndm mixes the v of different noise levels (as diffusers does), which is exact for no model.
      if (name == "pndm" && type == PredictionType::v_prediction) continue;
      choices.push_back({name, "discrete", type});
    }
    choices.push_back({"euler", "karras", type});
    choices.push_back({"dpm++2m", "karras", type});
  }
  return choices;
}

std::string choice_name(const testing::TestParamInfo<Choice>& info) {
  const bool v = info.param.prediction_type == PredictionType::v_prediction;
  std::string name = info.param.sampler + info.param.sigma_schedule + (v ? "V" : "Epsilon");
  std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0; });
  return name;
}

INSTANTIATE_TEST_SUITE_P(Samplers, EverySampler, testing::ValuesIn(choices()), choice_name);

TEST(Sampler, PndmMakesOneCallMoreThanSteps) {
  EXPECT_EQ(make_sampler(config_of("pndm"), 20)->steps().size(), 21u);
  EXPECT_EQ(make_sampler(config_of("pndm"), 1)->steps().size(), 1u);
  EXPECT_EQ(make_sampler(config_of("ddim"), 20)->steps().size(), 20u);
}

TEST(Sampler, EulerAncestralDrawsOnceAStepAndTheOthersNever) {
  for (const std::string& name : sampler_names()) {
    const std::unique_ptr<Sampler> sampler = make_sampler(config_of(name), 5);
    int draws = 0;
    at::Tensor latents = noise();
    for (const Step& step : sampler->steps()) {
      latents = sampler->advance(latents, latents * 0.5, step, [&] {
        ++draws;
        return noise();
      });
    }
    EXPECT_EQ(draws, name == "euler_a" ? 5 : 0) << name;
  }
}

// Latents as the sampler holds them, made from a picture and noise, and what a model says that knows both.
void expect_estimates_the_picture(const SchedulerConfig& config) {
  const std::unique_ptr<Sampler> sampler = make_sampler(config, 10);
  for (const Step& step : sampler->steps()) {
    const at::Tensor picture = noise(), epsilon = noise();
    const double signal = 1 / std::sqrt(step.sigma * step.sigma + 1);
    const at::Tensor v = epsilon * signal - picture * (step.sigma * signal);
    const at::Tensor exploding = picture + epsilon * step.sigma;
    const at::Tensor latents = config.sampler.starts_with("euler") ? exploding : exploding * signal;
    const at::Tensor& output = config.prediction_type == PredictionType::epsilon ? epsilon : v;
    EXPECT_LT(worst_difference(sampler->denoised_estimate(latents, output, step), picture), 1e-5)
        << config.sampler << " " << config.sigma_schedule << ", sigma " << step.sigma;
  }
}

TEST(Sampler, EstimatesThePictureThatTheNoiseWasAddedTo) {
  for (const PredictionType type : {PredictionType::epsilon, PredictionType::v_prediction}) {
    std::vector<SchedulerConfig> configs{config_of("euler", "karras"), config_of("dpm++2m", "karras")};
    for (const std::string& name : sampler_names()) configs.push_back(config_of(name));
    for (SchedulerConfig& config : configs) {
      config.prediction_type = type;
      expect_estimates_the_picture(config);
    }
  }
}

// Latents must not be written to: a caller may keep them, for a preview say.
TEST(Sampler, LeavesItsArgumentsAlone) {
  for (const std::string& name : sampler_names()) {
    const std::unique_ptr<Sampler> sampler = make_sampler(config_of(name), 5);
    for (const Step& step : sampler->steps()) {
      const at::Tensor latents = noise(), output = noise();
      const at::Tensor latents_before = latents.clone(), output_before = output.clone();
      sampler->scale_model_input(latents, step);
      sampler->advance(latents, output, step, noise);
      EXPECT_EQ(worst_difference(latents, latents_before), 0) << name;
      EXPECT_EQ(worst_difference(output, output_before), 0) << name;
    }
  }
}

}  // namespace
}  // namespace deepcache_gen
