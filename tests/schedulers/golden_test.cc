// Whole sampling loops against diffusers; tests/golden/make_scheduler_golden.py writes and explains the file.

#include <ATen/TensorOperators.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <stdexcept>

#include "backend/fused_operators.h"
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

// Values of the file, in the shape that all have; in double precision, which holds every float.
at::Tensor stored_tensor(const nlohmann::json& values) {
  const at::Tensor flat = at::tensor(values.get<Values>()).to(at::kDouble);
  return flat.view(golden().at("shape").get<std::vector<std::int64_t>>());
}

const at::Tensor& stored_sample() {
  static const at::Tensor sample = stored_tensor(golden().at("sample"));
  return sample;
}

// Read once: every call of most samplers draws.
const std::vector<at::Tensor>& stored_noises() {
  static const std::vector<at::Tensor> noises = [] {
    std::vector<at::Tensor> read;
    for (const nlohmann::json& values : golden().at("noises")) read.push_back(stored_tensor(values));
    return read;
  }();
  return noises;
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

std::unique_ptr<Sampler> sampler_of(const nlohmann::json& golden_case, const FusedOperators* operators = nullptr) {
  SchedulerConfig config = read_scheduler_config(JsonObject(golden_case.at("scheduler"), "golden"));
  config.sigmas = golden_case.value("sigmas_asked_for", std::vector<double>());
  config.timesteps = golden_case.value("timesteps_asked_for", std::vector<double>());
  const bool is_xl = golden_case.value("aligned", "sd1") == "sdxl";
  config.aligned_steps = is_xl ? AlignedSteps::stable_diffusion_xl : AlignedSteps::stable_diffusion_1;
  if (golden_case.contains("eta")) config.eta = golden_case.at("eta");
  return make_sampler(config, golden_case.at("steps"), golden_case.value("first_call", 0), operators);
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

// What fused operators add up, in double precision.
class DoubleOperators final : public FusedOperators {
 public:
  at::Tensor group_norm(const GroupNormInputs&) const override { throw std::logic_error("samplers have no norms"); }
  at::Tensor geglu(const at::Tensor&) const override { throw std::logic_error("samplers have no gates"); }
  at::Tensor weighted_sum(std::span<const WeighedTensor> terms) const override {
    at::Tensor sum = terms.front().tensor * terms.front().weight;
    for (const auto& [tensor, weight] : terms.subspan(1)) sum = sum + tensor * weight;
    return sum;
  }
};

// A group holds the cases of one sampler, sigma schedule and prediction type.
class SchedulerGolden : public testing::TestWithParam<std::string> {
 protected:
  static std::string group_of(const nlohmann::json& golden_case) {
    const nlohmann::json& section = golden_case.at("scheduler");
    return section.at("sampler").get<std::string>() + " " + section.at("sigma_schedule").get<std::string>() + " " +
           section.at("prediction_type").get<std::string>();
  }

  static const std::vector<nlohmann::json>& cases() {
    static const std::map<std::string, std::vector<nlohmann::json>> groups = [] {
      std::map<std::string, std::vector<nlohmann::json>> sorted;
      for (const nlohmann::json& each : golden().at("cases")) sorted[group_of(each)].push_back(each);
      return sorted;
    }();
    static const std::vector<nlohmann::json> none;
    const auto group = groups.find(GetParam());
    return group == groups.end() ? none : group->second;
  }

  // From noise alone, or from a picture with noise added, where the case starts in the middle.
  static at::Tensor first_latents(const nlohmann::json& golden_case, const Sampler& sampler, at::ScalarType dtype) {
    const at::Tensor sample = stored_sample().to(dtype, /*non_blocking=*/false, /*copy=*/true);
    if (!golden_case.contains("first_call")) return sample * sampler.init_noise_sigma();
    return sampler.add_noise(sample, stored_noises().back().to(dtype), sampler.steps().front());
  }

  // The latents after each call, with the dummy model of diffusers' own scheduler tests.
  static std::vector<Values> way(const nlohmann::json& golden_case, at::ScalarType dtype,
                                 const FusedOperators* operators) {
    const std::unique_ptr<Sampler> sampler = sampler_of(golden_case, operators);
    std::size_t draws = 0;
    const std::vector<at::Tensor>& noises = stored_noises();
    MadeUpNoise noise(
        [&] { return noises.at(draws++ % noises.size()).to(dtype, /*non_blocking=*/false, /*copy=*/true); });
    at::Tensor latents = first_latents(golden_case, *sampler, dtype);
    std::vector<Values> way;
    for (const Step& step : sampler->steps()) {
      const at::Tensor input = sampler->scale_model_input(latents, step);
      const at::Tensor output = input * step.timestep / (step.timestep + 1);
      latents = sampler->advance(latents, sampler->prediction(latents, output, step), step, noise);
      way.push_back(values_of(latents.to(at::kFloat)));
    }
    return way;
  }

  // Those of diffusers, after some calls, the last among them.
  static std::map<std::string, Values> expected_way(const nlohmann::json& golden_case) {
    return golden_case.at("latents");
  }

  static double tolerance(const nlohmann::json& golden_case) {
    return golden_case.at("scheduler").at("sampler") == "deis" ? kDeisTolerance : kLatentsTolerance;
  }

  static double size(const Values& latents, const nlohmann::json& golden_case) {
    return std::max(largest(latents), golden_case.at("init_noise_sigma").get<double>());
  }

  static void expect_same_latents(const nlohmann::json& golden_case) {
    const std::vector<Values> way = SchedulerGolden::way(golden_case, at::kFloat, nullptr);
    const std::map<std::string, Values> expected = expected_way(golden_case);
    ASSERT_TRUE(expected.contains(std::to_string(way.size() - 1)));
    for (const auto& [call, latents] : expected) {
      const double difference = worst_difference(way.at(std::stoul(call)), latents);
      EXPECT_LE(difference / size(latents, golden_case), tolerance(golden_case)) << "after call " << call;
    }
  }

  // In double precision all operations are the same, however they are put together. In float32 some steps differ by
  // more than the bound from what they are in double precision, at diffusers too: those only the former judges.
  static void expect_same_fused_latents(const nlohmann::json& golden_case) {
    const DoubleOperators in_double;
    const std::vector<Values> exact = way(golden_case, at::kDouble, nullptr);
    const std::vector<Values> fused_exact = way(golden_case, at::kDouble, &in_double);
    const std::vector<Values> fused = way(golden_case, at::kFloat, &fused_operators_on_cpu());
    for (const auto& [call, latents] : expected_way(golden_case)) {
      const std::size_t place = std::stoul(call);
      const double scale = size(latents, golden_case);
      EXPECT_LE(worst_difference(fused_exact.at(place), exact.at(place)) / scale, kSigmaTolerance) << "after " << call;
      if (worst_difference(latents, exact.at(place)) / scale > kLatentsTolerance) continue;
      EXPECT_LE(worst_difference(fused.at(place), exact.at(place)) / scale, kLatentsTolerance) << "after " << call;
    }
  }
};

TEST_P(SchedulerGolden, PlansTheSameCalls) {
  ASSERT_FALSE(cases().empty());
  for (const nlohmann::json& each : cases()) {
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

TEST_P(SchedulerGolden, TakesTheSameWayWithFusedOperators) {
  for (const nlohmann::json& each : cases()) {
    SCOPED_TRACE(each.at("scheduler").dump() + " steps " + each.at("steps").dump() + " from " +
                 std::to_string(each.value("first_call", 0)));
    expect_same_fused_latents(each);
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
