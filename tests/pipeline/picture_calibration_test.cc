#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>
#include <optional>

#include "pipeline/calibration.h"
#include "pipeline/pipeline.h"
#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

using testing::DoubleNear;

// Counts the calls of each kind, and stops after so many.
class CallCounter : public Observer {
 public:
  explicit CallCounter(int most = 1'000'000) : most_(most) {}

  void on_step(const StepReport& step) override {
    ++counts[step.choice.kind];
    last = step;
  }
  void on_image(std::size_t, GeneratedImage made) override { image = std::move(made); }
  void on_failure(std::size_t, const Error& problem) override { throw Error(problem); }
  void on_warning(std::size_t, const std::string&) override {}
  bool stop_requested() const override { return last && last->index + 1 >= most_; }

  std::map<StepKind, int> counts;
  std::optional<StepReport> last;
  std::optional<GeneratedImage> image;

 private:
  int most_;
};

double squared_difference(const Latents& a, const Latents& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.values.size(); ++i) sum += std::pow(a.values[i] - b.values[i], 2);
  return sum;
}

// The embedded model, a small picture in five steps of ddim.
class PictureCalibration : public testing::Test {
 protected:
  GenerationRequest request(const std::string& policy) const {
    GenerationRequest request;
    request.prompt = "a lighthouse by the sea at dusk";
    request.seed = 7;
    request.width = request.height = 64;
    request.steps = 5;
    request.sampler = "ddim";
    request.guidance_scale = guidance_scale_;
    request.cache = read_cache_policy("--cache-policy", policy);
    return request;
  }

  ImageJob job(const std::string& policy) const {
    return {std::make_shared<const GenerationPlan>(plan_generation(resolve(request(policy), model_))), 0};
  }

  Latents latents(const std::string& policy) const {
    CallCounter observer;
    pipeline_->generate({job(policy)}, observer);
    return observer.image->latents;
  }

  Calibration errors(const std::vector<int>& branches) const {
    CallCounter observer;
    return pipeline_->calibrate(job("original"), {branches, std::vector<double>(5, 1)}, observer);
  }

  const ModelInfo model_ = read_model_info(EMBEDDED_MODEL_DIR);
  double guidance_scale_ = 5;
  static inline std::unique_ptr<Pipeline> pipeline_;  // of all tests: it keeps nothing that matters

  static void SetUpTestSuite() {
    ExecutionOptions options;
    options.device = "cpu";
    options.dtype = "fp32";
    pipeline_ = std::make_unique<Pipeline>(VerifiedModel(read_model_info(EMBEDDED_MODEL_DIR)), options);
  }
  static void TearDownTestSuite() { pipeline_.reset(); }
};

// The last step of ddim adds its output times the weight to the latents, so that what is predicted is what comes out.
TEST_F(PictureCalibration, PredictsWhatTheLastCallErrsBy) {
  const Latents truth = latents("original");
  const Calibration calibration = errors({0, 2});
  ASSERT_EQ(calibration.errors.size(), 6U) << "two branches, each with both halves and held, and two that run nothing";
  const std::vector<std::string> options{"branch=0",
                                         "branch=2",
                                         "branch=0,guidance=held",
                                         "branch=2,guidance=held",
                                         "reuse=denoised",
                                         "reuse=denoised,extrapolate=0.5"};
  for (std::size_t i = 0; i < options.size(); ++i) {
    const MeasuredErrors& kind = calibration.errors[i];
    const Latents cached = latents("steps:full=0+1+2+3," + options[i]);
    const double expected = squared_difference(cached, truth) / static_cast<double>(truth.values.size());
    ASSERT_GT(expected, 0);
    EXPECT_THAT(kind.segments.at(3, 5) / expected, DoubleNear(1, 1e-2)) << options[i];
  }
}

TEST_F(PictureCalibration, WithoutGuidanceHoldsNone) {
  guidance_scale_ = 1;
  const Latents truth = latents("original"), cached = latents("steps:full=0+1+2+3,branch=0");
  const Calibration calibration = errors({0});
  ASSERT_EQ(calibration.errors.size(), 3U);
  const double expected = squared_difference(cached, truth) / static_cast<double>(truth.values.size());
  EXPECT_THAT(calibration.errors[0].segments.at(3, 5) / expected, DoubleNear(1, 1e-2));
}

// Call 1 cached, with the feature of call 0, and all others full: so far does its error go.
TEST_F(PictureCalibration, MeasuresHowFarAnErrorGoes) {
  ASSERT_THAT(calls_of_gains(5), testing::ElementsAre(1, 2));
  CallCounter observer;
  const Calibration gains = pipeline_->calibrate(job("original"), {{0}, {}}, observer);
  ASSERT_EQ(gains.gains.size(), 2U);
  const Latents truth = latents("original"), cached = latents("steps:full=0+2+3+4,branch=0");
  const double put_in = errors({0}).errors[0].segments.at(0, 2) * static_cast<double>(truth.values.size());
  EXPECT_THAT(gains.gains[0] / (squared_difference(cached, truth) / put_in), DoubleNear(1, 1e-2));
}

TEST_F(PictureCalibration, WeighsErrorsByTheirGains) {
  CallCounter observer;
  std::vector<double> gains(5, 1);
  gains[4] = 9;
  const Calibration weighed = pipeline_->calibrate(job("original"), {{0}, gains}, observer);
  const Calibration plain = errors({0});
  EXPECT_THAT(weighed.errors[0].segments.at(3, 5) / plain.errors[0].segments.at(3, 5), DoubleNear(9, 1e-3));
  EXPECT_THAT(weighed.errors[0].segments.at(2, 4) / plain.errors[0].segments.at(2, 4), DoubleNear(1, 1e-3));
}

TEST_F(PictureCalibration, TellsOfEveryCallAndStopsWhenAsked) {
  for (const bool measures_gains : {true, false}) {
    const CalibrationWish wish{{0, 1}, measures_gains ? std::vector<double>{} : std::vector<double>(5, 1)};
    const CalibrationCalls expected = calls_of(wish, 5, true);
    CallCounter observer;
    const Calibration calibration = pipeline_->calibrate(job("original"), wish, observer);
    EXPECT_EQ(observer.counts[StepKind::full], expected.full);
    EXPECT_EQ(observer.counts[StepKind::cached], expected.cached);
    EXPECT_EQ(observer.last->index + 1, expected.full + expected.cached);
    EXPECT_EQ(observer.last->total, expected.full + expected.cached);
    EXPECT_EQ(calibration.seconds.cached.size(), 2U);
    EXPECT_GT(calibration.seconds.full, 0);
  }
  CallCounter stopping(3);
  EXPECT_THROW(pipeline_->calibrate(job("original"), {{0}, {}}, stopping), Interrupted);
  EXPECT_EQ(stopping.last->index, 2) << "the third call was the last";
}

// Samplers that remember, look twice or add noise: the true path is the picture's own all the same.
TEST_F(PictureCalibration, GoesThePicturesOwnWay) {
  for (const char* sampler : {"pndm", "euler_a", "dpm++2m", "heun"}) {
    GenerationRequest asked = request("original");
    asked.sampler = sampler;
    asked.steps = 4;
    const ImageJob uncached{std::make_shared<const GenerationPlan>(plan_generation(resolve(asked, model_))), 0};
    const int calls = uncached.plan->calls();
    CallCounter observer;
    const Calibration gains = pipeline_->calibrate(uncached, {{0}, {}}, observer);
    const Calibration measured =
        pipeline_->calibrate(uncached, {{0}, std::vector<double>(static_cast<std::size_t>(calls), 1)}, observer);
    for (const double gain : gains.gains) EXPECT_TRUE(std::isfinite(gain) && gain > 0) << sampler;
    for (int from = 0; from + 2 <= calls; ++from) {
      EXPECT_GT(measured.errors[0].segments.at(from, from + 2), 0) << sampler << " from " << from;
    }
  }
}

std::vector<Step> steps_at(const std::vector<double>& sigmas) {
  std::vector<Step> steps;
  for (std::size_t i = 0; i + 1 < sigmas.size(); ++i)
    steps.push_back({static_cast<int>(i), 0, sigmas[i], sigmas[i + 1]});
  return steps;
}

// From alpha-bar 1/2 (sigma 1) to 0.8 (sigma 0.5) by hand: sqrt(0.5 * 0.2) - sqrt(0.8 * 0.5), for epsilon by the root
// of 1/2.
TEST(WeightsOfOutputs, AreThoseOfDdim) {
  const double v = std::sqrt(0.1) - std::sqrt(0.4);
  EXPECT_THAT(weights_of_outputs(steps_at({1, 0.5}), PredictionType::v_prediction)[0], DoubleNear(v, 1e-12));
  EXPECT_THAT(weights_of_outputs(steps_at({1, 0.5}), PredictionType::epsilon)[0],
              DoubleNear(v / std::sqrt(0.5), 1e-12));
  EXPECT_THAT(weights_of_outputs(steps_at({1, 0}), PredictionType::v_prediction)[0],
              DoubleNear(-std::sqrt(0.5), 1e-12));
}

TEST(WeightsOfOutputs, OfTwoCallsShareTheStep) {
  std::vector<Step> steps = steps_at({1, 0.5, 0.5, 0});
  steps[1].opens = false;
  const double step = weights_of_outputs(steps_at({1, 0.5}), PredictionType::v_prediction)[0];
  const std::vector<double> weights = weights_of_outputs(steps, PredictionType::v_prediction);
  EXPECT_THAT(weights[0], DoubleNear(step / 2, 1e-12));
  EXPECT_THAT(weights[1], DoubleNear(step / 2, 1e-12));
}

}  // namespace
}  // namespace deepcache_gen
