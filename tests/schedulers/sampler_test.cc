#include "schedulers/sampler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "schedulers/config_of.h"
#include "schedulers/made_up_noise.h"

namespace deepcache_gen {
namespace {

at::Tensor noise() { return at::randn({2, 4, 8, 8}); }

// One UNet call, with the output that is given.
at::Tensor advance(Sampler& sampler, const at::Tensor& latents, const at::Tensor& output, const Step& step,
                   NoiseSource& noise_source) {
  return sampler.advance(latents, sampler.prediction(latents, output, step), step, noise_source);
}

// Every sampler with every sigma schedule that it follows.
std::vector<SchedulerConfig> all_configs() {
  std::vector<SchedulerConfig> configs;
  for (const SamplerRow& row : sampler_rows()) {
    for (const std::string& schedule : row.schedule_names()) {
      configs.push_back(config_of(std::string(row.name), schedule));
    }
  }
  return configs;
}

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
    MadeUpNoise source(noise);
    at::Tensor latents = noise() * sampler->init_noise_sigma();
    for (const Step& step : sampler->steps()) {
      const at::Tensor input = sampler->scale_model_input(latents, step);
      const at::Tensor output = perfect_output(config.prediction_type, input, picture, step.sigma);
      latents = advance(*sampler, latents, output, step, source);
    }
    // What ends at the noise of timestep 0 has some of it left.
    const double left = sampler->steps().back().next_sigma * 6;
    EXPECT_LT(worst_difference(latents, picture), 1e-3 + left) << steps << " steps";
  }
}

std::vector<Choice> choices() {
  std::vector<Choice> choices;
  for (const PredictionType type : {PredictionType::epsilon, PredictionType::v_prediction}) {
    for (const SchedulerConfig& config : all_configs()) {
      // Pndm mixes the v of different noise levels (as diffusers does), which is exact for no model.
      if (config.sampler == "pndm" && type == PredictionType::v_prediction) continue;
      // And its strides are not those of trailing timesteps.
      if (config.sampler == "pndm" && config.sigma_schedule == "sgm_uniform") continue;
      choices.push_back({config.sampler, config.sigma_schedule, type});
    }
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

// The product of 1 - beta up to each timestep, betas even in their square root.
std::vector<double> alphas_bar_of(const SchedulerConfig& config) {
  const double first = std::sqrt(config.beta_start), last = std::sqrt(config.beta_end);
  std::vector<double> alphas_bar;
  double product = 1;
  for (int t = 0; t < config.num_train_timesteps; ++t) {
    const double root = first + (last - first) * t / (config.num_train_timesteps - 1);
    alphas_bar.push_back(product *= 1 - root * root);
  }
  return alphas_bar;
}

// Equation 12 of Song et al., arXiv 2010.02502, from one timestep to the next, of a model whose noise is half of what
// it sees; at last to the noise of timestep 0.
TEST(Sampler, DdimGoesFromEachOfItsOwnTimestepsToTheNext) {
  SchedulerConfig config = config_of("ddim");
  config.timesteps = {999, 700, 301, 20};
  const std::vector<double> alphas_bar = alphas_bar_of(config);
  const std::unique_ptr<Sampler> sampler = make_sampler(config, 4);
  MadeUpNoise source(noise);
  at::Tensor latents = noise();
  at::Tensor expected = latents.clone();
  for (const Step& step : sampler->steps()) {
    latents = advance(*sampler, latents, latents * 0.5, step, source);
    const auto next = static_cast<std::size_t>(step.index) + 1;
    const double from = alphas_bar[static_cast<std::size_t>(step.timestep)];
    const double to = alphas_bar[next < 4 ? static_cast<std::size_t>(config.timesteps[next]) : 0];
    const at::Tensor epsilon = expected * 0.5;
    expected =
        (expected - epsilon * std::sqrt(1 - from)) / std::sqrt(from) * std::sqrt(to) + epsilon * std::sqrt(1 - to);
  }
  EXPECT_LT(worst_difference(latents, expected), 1e-4 * expected.abs().max().item<double>());
}

int draws_of(const SchedulerConfig& config) {
  const std::unique_ptr<Sampler> sampler = make_sampler(config, 5);
  MadeUpNoise source(noise);
  at::Tensor latents = noise();
  for (const Step& step : sampler->steps()) latents = advance(*sampler, latents, latents * 0.5, step, source);
  return source.draws();
}

// As diffusers and k-diffusion do: some for the last step too, where it is multiplied by nothing.
TEST(Sampler, DrawsOfItsNoiseAreKnown) {
  const std::map<std::string_view, int> draws = {{"euler_a", 5},  {"dpm2_a", 4}, {"dpm++2s_a", 4}, {"dpm++2m_sde", 5},
                                                 {"dpm++sde", 8}, {"ddpm", 5},   {"lcm", 4}};
  for (const SamplerRow& row : sampler_rows()) {
    const auto known = draws.find(row.name);
    EXPECT_EQ(draws_of(config_of(std::string(row.name))), known == draws.end() ? 0 : known->second) << row.name;
    EXPECT_EQ(row.noise.is_there, known != draws.end()) << row.name;
  }
}

TEST(Sampler, DrawsNothingAtEta0AndSomethingAtEta1) {
  for (const SamplerRow& row : sampler_rows()) {
    if (!row.noise.eta) continue;
    SchedulerConfig config = config_of(std::string(row.name));
    config.eta = 0;
    EXPECT_EQ(draws_of(config), 0) << row.name;
    config.eta = 1;
    EXPECT_GT(draws_of(config), 0) << row.name;
  }
}

// What a model says that knows both the picture and the noise in the latents.
void expect_estimates_the_picture(const SchedulerConfig& config) {
  const std::unique_ptr<Sampler> sampler = make_sampler(config, 10);
  for (const Step& step : sampler->steps()) {
    const at::Tensor picture = noise(), epsilon = noise();
    const double signal = 1 / std::sqrt(step.sigma * step.sigma + 1);
    const at::Tensor v = epsilon * signal - picture * (step.sigma * signal);
    const at::Tensor latents = sampler->add_noise(picture, epsilon, step);
    const at::Tensor& output = config.prediction_type == PredictionType::epsilon ? epsilon : v;
    const Prediction prediction = sampler->prediction(latents, output, step);
    const std::string what = config.sampler + " " + config.sigma_schedule + ", sigma " + std::to_string(step.sigma);
    EXPECT_LT(worst_difference(prediction.denoised(), picture), 1e-4 * std::max(1.0, step.sigma)) << what;
    EXPECT_LT(worst_difference(prediction.noise(), epsilon), 1e-4) << what;
    EXPECT_TRUE(at::Tensor(prediction.output()).equal(output)) << what;
    EXPECT_LT(worst_difference(sampler->scale_model_input(latents, step), (picture + epsilon * step.sigma) * signal),
              1e-5)
        << what;
  }
}

TEST(Sampler, EstimatesThePictureThatTheNoiseWasAddedTo) {
  for (const PredictionType type : {PredictionType::epsilon, PredictionType::v_prediction}) {
    for (SchedulerConfig config : all_configs()) {
      config.prediction_type = type;
      expect_estimates_the_picture(config);
    }
  }
}

// Latents must not be written to: a caller may keep them, for a preview say.
TEST(Sampler, LeavesItsArgumentsAlone) {
  for (const std::string& name : sampler_names()) {
    const std::unique_ptr<Sampler> sampler = make_sampler(config_of(name), 5);
    MadeUpNoise source(noise);
    for (const Step& step : sampler->steps()) {
      const at::Tensor latents = noise(), output = noise();
      const at::Tensor latents_before = latents.clone(), output_before = output.clone();
      sampler->scale_model_input(latents, step);
      advance(*sampler, latents, output, step, source);
      EXPECT_EQ(worst_difference(latents, latents_before), 0) << name;
      EXPECT_EQ(worst_difference(output, output_before), 0) << name;
    }
  }
}

// What is made of a picture says that picture, whatever the UNet predicts and however noisy the latents are.
TEST(PredictionOfDenoised, SaysWhatItWasMadeOf) {
  const at::Tensor denoised = at::tensor({0.5F, -1.0F, 2.0F}), latents = at::tensor({3.0F, 0.25F, -2.0F});
  for (const PredictionType type : {PredictionType::epsilon, PredictionType::v_prediction}) {
    for (const NoiseLevel& level : {NoiseLevel::variance_preserving(0.3F), NoiseLevel::variance_exploding(5)}) {
      const Prediction prediction = Prediction::of_denoised(type, LinearForm(denoised), LinearForm(latents), level);
      EXPECT_TRUE(at::allclose(prediction.denoised(), denoised, 0, 1e-6)) << at::Tensor(prediction.denoised());
      EXPECT_TRUE(
          at::allclose(prediction.denoised() * level.signal + prediction.noise() * level.noise, latents, 0, 1e-5));
    }
  }
}

}  // namespace
}  // namespace deepcache_gen
