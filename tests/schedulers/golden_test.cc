// Whole sampling loops against diffusers; tests/golden/make_scheduler_golden.py writes and explains the file.

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>

#include "schedulers/made_up_noise.h"
#include "schedulers/sampler.h"

namespace deepcache_gen {
namespace {

using Values = std::vector<float>;

// Relative to the largest value of the list, or of the latents that it began with, where a step left a small difference
// of large numbers.
constexpr double kLatentsTolerance = 2e-6;
// Diffusers computes this sampler's coefficients in float32, as differences of products that nearly cancel.
constexpr double kDeisTolerance = 5e-5;
constexpr double kSigmaTolerance = 2e-7;
// Absolute: a timestep that is found from a sigma magnifies the last bits of float32 logarithms, as the script explains
// at TIMESTEP_TOLERANCE.
constexpr double kFoundTimestepTolerance = 2.5e-4;

const nlohmann::json& golden() {
  static const nlohmann::json parsed = [] {
    std::ifstream file(GOLDEN_DIR "/schedulers.json");
    return nlohmann::json::parse(file);
  }();
  return parsed;
}

Values values_of(const at::Tensor& latents) {
  return {latents.const_data_ptr<float>(), latents.const_data_ptr<float>() + latents.numel()};
}

double largest(const Values& values) {
  double result = 0;
  for (const float value : values) result = std::max<double>(result, std::abs(value));
  return result;
}

// Infinity where a value is not finite or the lengths differ.
double worst_difference(const Values& actual, const Values& expected) {
  if (actual.size() != expected.size()) return INFINITY;
  double worst = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double difference = std::abs(static_cast<double>(actual[i]) - expected[i]);
    worst = std::isfinite(difference) ? std::max(worst, difference) : INFINITY;
  }
  return worst;
}

std::unique_ptr<Sampler> sampler_of(const nlohmann::json& golden_case) {
  SchedulerConfig config = read_scheduler_config(JsonObject(golden_case.at("scheduler"), "golden"));
  config.sigmas = golden_case.value("sigmas_asked_for", std::vector<double>());
  config.timesteps = golden_case.value("timesteps_asked_for", std::vector<double>());
  const bool is_xl = golden_case.value("aligned", "sd1") == "sdxl";
  config.aligned_steps = is_xl ? AlignedSteps::stable_diffusion_xl : AlignedSteps::stable_diffusion_1;
  if (golden_case.contains("eta")) config.eta = golden_case.at("eta");
  return make_sampler(config, golden_case.at("steps"), golden_case.value("first_call", 0));
}

// Timesteps that are not found from sigmas, but whole or evenly spaced.
bool has_exact_timesteps(const nlohmann::json& golden_case) {
  const std::string& schedule = golden_case.at("scheduler").at("sigma_schedule").get_ref<const std::string&>();
  return find_schedule(schedule)->is_of_timesteps() && !golden_case.contains("sigmas_asked_for");
}

void expect_same_calls(const nlohmann::json& golden_case) {
  const std::unique_ptr<Sampler> sampler = sampler_of(golden_case);
  Values timesteps, sigmas, expected_timesteps = golden_case.at("timesteps");
  for (const Step& step : sampler->steps()) {
    EXPECT_EQ(step.index, static_cast<int>(timesteps.size()));
    // Between two levels there is no other way than to find them.
    if (step.opens && has_exact_timesteps(golden_case)) {
      EXPECT_EQ(static_cast<float>(step.timestep), expected_timesteps.at(timesteps.size())) << "call " << step.index;
    }
    timesteps.push_back(static_cast<float>(step.timestep));
    sigmas.push_back(std::min(static_cast<float>(step.sigma), std::numeric_limits<float>::max()));
  }
  EXPECT_LE(worst_difference(timesteps, expected_timesteps), kFoundTimestepTolerance);
  EXPECT_LE(worst_difference(sigmas, golden_case.at("sigmas")), kSigmaTolerance * largest(sigmas));
  if (golden_case.contains("first_call")) return;  // nobody starts there from nothing but noise
  EXPECT_FLOAT_EQ(static_cast<float>(sampler->init_noise_sigma()), golden_case.at("init_noise_sigma").get<float>());
}

// A group holds the cases of one sampler, sigma schedule and prediction type.
class SchedulerGolden : public testing::TestWithParam<std::string> {
 protected:
  static std::string group_of(const nlohmann::json& golden_case) {
    const nlohmann::json& section = golden_case.at("scheduler");
    return section.at("sampler").get<std::string>() + " " + section.at("sigma_schedule").get<std::string>() + " " +
           section.at("prediction_type").get<std::string>();
  }

  std::vector<nlohmann::json> cases() const {
    std::vector<nlohmann::json> cases;
    for (const nlohmann::json& each : golden().at("cases")) {
      if (group_of(each) == GetParam()) cases.push_back(each);
    }
    return cases;
  }

  at::Tensor tensor(const nlohmann::json& values) const {
    return at::tensor(values.get<Values>()).view(golden().at("shape").get<std::vector<std::int64_t>>());
  }

  // From noise alone, or from a picture with noise added, where the case starts in the middle.
  at::Tensor first_latents(const nlohmann::json& golden_case, const Sampler& sampler) const {
    const at::Tensor sample = tensor(golden().at("sample"));
    if (!golden_case.contains("first_call")) return sample * sampler.init_noise_sigma();
    return sampler.add_noise(sample, tensor(golden().at("noises").back()), sampler.steps().front());
  }

  // The dummy model of diffusers' own scheduler tests.
  void expect_same_latents(const nlohmann::json& golden_case) const {
    const std::unique_ptr<Sampler> sampler = sampler_of(golden_case);
    const std::map<std::string, Values> expected = golden_case.at("latents");
    ASSERT_TRUE(expected.contains(std::to_string(sampler->steps().size() - 1)));
    std::size_t draws = 0;
    const nlohmann::json& noises = golden().at("noises");

    MadeUpNoise noise([&] { return tensor(noises.at(draws++ % noises.size())); });
    at::Tensor latents = first_latents(golden_case, *sampler);
    for (const Step& step : sampler->steps()) {
      const at::Tensor input = sampler->scale_model_input(latents, step);
      const at::Tensor output = input * step.timestep / (step.timestep + 1);
      latents = sampler->advance(latents, sampler->prediction(latents, output, step), step, noise);
      const auto kept = expected.find(std::to_string(step.index));
      if (kept == expected.end()) continue;
      const double size = std::max(largest(kept->second), golden_case.at("init_noise_sigma").get<double>());
      const bool is_deis = golden_case.at("scheduler").at("sampler") == "deis";
      EXPECT_LE(worst_difference(values_of(latents), kept->second) / size, is_deis ? kDeisTolerance : kLatentsTolerance)
          << "after call " << step.index;
    }
  }
};

TEST_P(SchedulerGolden, PlansTheSameCalls) {
  const std::vector<nlohmann::json> cases = SchedulerGolden::cases();
  ASSERT_FALSE(cases.empty());
  for (const nlohmann::json& each : cases) {
    SCOPED_TRACE(each.at("scheduler").dump() + " steps " + each.at("steps").dump() + " from " +
                 std::to_string(each.value("first_call", 0)));
    expect_same_calls(each);
  }
}

TEST_P(SchedulerGolden, TakesTheSameWay) {
  for (const nlohmann::json& each : cases()) {
    SCOPED_TRACE(each.at("scheduler").dump() + " steps " + each.at("steps").dump() + " from " +
                 std::to_string(each.value("first_call", 0)));
    expect_same_latents(each);
  }
}

std::vector<std::string> groups() {
  std::vector<std::string> groups;
  for (const char* prediction_type : {" epsilon", " v_prediction"}) {
    for (const SamplerRow& row : sampler_rows()) {
      for (const std::string& schedule : row.schedule_names()) {
        groups.push_back(std::string(row.name) + " " + schedule + prediction_type);
      }
    }
  }
  return groups;
}

std::string group_name(const testing::TestParamInfo<std::string>& group) {
  std::string name = group.param;
  std::erase_if(name, [](unsigned char c) { return std::isalnum(c) == 0; });
  return name;
}

INSTANTIATE_TEST_SUITE_P(Diffusers, SchedulerGolden, testing::ValuesIn(groups()), group_name);

}  // namespace
}  // namespace deepcache_gen
