#include "pipeline/pipeline.h"

#include <gtest/gtest.h>

#include <cmath>
#include <optional>

#include "backend/cuda_library.h"
#include "pipeline/generation_plan.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

// Takes the one image of a batch.
class Taker : public Observer {
 public:
  void on_step(const StepReport& step) override { reports.push_back(step); }
  void on_image(std::size_t, GeneratedImage made) override { image = std::move(made); }
  void on_failure(std::size_t, const Error& problem) override { throw Error(problem); }
  void on_warning(std::size_t, const std::string&) override {}
  bool stop_requested() const override { return false; }

  std::optional<GeneratedImage> image;
  std::vector<StepReport> reports;
};

// The embedded model.
class PipelineTest : public testing::Test {
 protected:
  Pipeline load(const std::string& device, const std::string& dtype) const {
    ExecutionOptions options;
    options.device = device;
    options.dtype = dtype;
    return Pipeline(VerifiedModel(model_), options);
  }

  GeneratedImage make(const Engine& engine, std::int64_t seed) const {
    GenerationRequest request;
    request.prompt = "a lighthouse by the sea at dusk";
    request.seed = seed;
    request.width = request.height = 128;
    request.steps = 20;
    request.cache = {{{"interval", 3}}};
    Taker taker;
    engine.generate({{std::make_shared<const GenerationPlan>(plan_generation(resolve(request, model_)))}}, taker);
    return std::move(*taker.image);
  }

  const ModelInfo model_ = read_model_info(EMBEDDED_MODEL_DIR);
};

double relative_difference(const Latents& a, const Latents& b) {
  double difference = 0, size = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    difference += std::pow(a.values[i] - b.values[i], 2);
    size += std::pow(b.values[i], 2);
  }
  return std::sqrt(difference / size);
}

TEST_F(PipelineTest, KeepsNothingFromOneBatchToTheNext) {
  const Pipeline pipeline = load("cpu", "fp32");
  const GeneratedImage first = make(pipeline, 7);
  EXPECT_GT(relative_difference(make(pipeline, 8).latents, first.latents), 0.1);
  EXPECT_EQ(make(pipeline, 7).latents.values, first.latents.values);
}

// Latents go from pass to pass as they are. Of ddim nothing else does; a full step at the second pass's beginning is
// one that the single pass has there too.
TEST_F(PipelineTest, TwoPassesThatShareTheCallsMakeThePictureOfOne) {
  const Pipeline pipeline = load("cpu", "fp32");
  GenerationRequest request;
  request.prompt = "a lighthouse by the sea at dusk";
  request.seed = 7;
  request.width = request.height = 64;
  request.steps = 6;
  request.sampler = "ddim";
  request.cache = {{{"interval", 3}}};
  const GenerationPlan one = plan_generation(resolve(request, model_));
  GenerationPlan two = one;
  two.passes.push_back(two.passes[0]);
  two.passes[1].start = Start::latents;
  two.passes[0].calls.resize(3);
  two.passes[1].calls.erase(two.passes[1].calls.begin(), two.passes[1].calls.begin() + 3);
  const auto made = [&](const GenerationPlan& plan) {
    Taker taker;
    pipeline.generate({{std::make_shared<const GenerationPlan>(plan)}}, taker);
    return std::pair(std::move(taker.image->latents.values), taker.reports);
  };
  const auto [expected, expected_reports] = made(one);
  const auto [latents, reports] = made(two);
  EXPECT_EQ(latents, expected);
  ASSERT_EQ(reports.size(), 6u);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    EXPECT_EQ(reports[i].index, static_cast<int>(i));
    EXPECT_EQ(reports[i].total, 6);
    EXPECT_EQ(reports[i].choice, expected_reports[i].choice);
  }
}

TEST_F(PipelineTest, ReportsWhatWasDone) {
  const Pipeline pipeline = load("cpu", "fp32");
  const GeneratedImage image = make(pipeline, 7);
  EXPECT_EQ(image.timing.full_steps, 7);
  EXPECT_EQ(image.timing.cached_steps, 13);
}

// The bound is the product's promise.
TEST_F(PipelineTest, AGpuMakesTheSameLatentsAsTheCpu) {
  const CudaDevices devices = find_cuda_devices();
  if (devices.count == 0) GTEST_SKIP() << devices.problem;
  const GeneratedImage on_cpu = make(load("cpu", "fp32"), 7);
  EXPECT_LT(relative_difference(make(load("cuda", "fp32"), 7).latents, on_cpu.latents), 1e-3);
}

}  // namespace
}  // namespace deepcache_gen
