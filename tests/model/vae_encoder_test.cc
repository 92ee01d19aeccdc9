#include "model/vae_encoder.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "model/returning_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

// What an encoder that returns these moments, or infinities in float16, is asked with.
class VaeEncoderTest : public testing::Test {
 protected:
  VaeEncoder encoder(const at::Tensor& moments, c10::ScalarType dtype = at::kFloat) {
    return VaeEncoder(model_, {c10::kCPU, dtype}, [this, moments](c10::ScalarType loaded) {
      loads_.push_back(loaded);
      const double infinity = std::numeric_limits<double>::infinity();
      const bool overflows = overflows_ && loaded == at::kHalf;
      return std::make_unique<ReturningModule>(
          std::vector<at::Tensor>{overflows ? at::full_like(moments, infinity) : moments.to(loaded)});
    });
  }
  static at::Tensor noise(float value) { return at::full({2, 1, 1}, value); }
  static std::vector<float> values(const at::Tensor& tensor) {
    const at::Tensor flat = tensor.contiguous();
    return {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()};
  }

  ModelInfo model_{
      .parts = {{kVaeEncoder, {"vae.pt", {}}}}, .latent_channels = 2, .vae_scale = 8, .vae = {.scaling_factor = 0.5}};
  at::Tensor picture_ = at::zeros({3, 8, 8});
  // Means 1 and 2, deviations 2 and 1.
  at::Tensor moments_ = at::tensor({1.0f, 2.0f, static_cast<float>(2 * std::log(2.0)), 0.0f}).view({1, 4, 1, 1});
  bool overflows_ = false;
  std::vector<c10::ScalarType> loads_;
};

TEST_F(VaeEncoderTest, DrawsFromTheDistributionAndScales) {
  const VaeEncoder vae = encoder(moments_);
  const VaeEncoder::Moments moments = vae.encode(picture_);
  EXPECT_TRUE(vae.draws());
  EXPECT_THAT(values(vae.sample(moments, noise(0))), ElementsAre(0.5f, 1.0f));
  EXPECT_THAT(values(vae.sample(moments, noise(-3))), ElementsAre(testing::FloatEq(-2.5f), -0.5f));
}

TEST_F(VaeEncoderTest, BoundsTheVarianceAsDiffusersDoes) {
  const VaeEncoder vae = encoder(at::tensor({0.0f, 0.0f, 1000.0f, -1000.0f}).view({1, 4, 1, 1}));
  EXPECT_THAT(values(vae.sample(vae.encode(picture_), noise(2))),
              ElementsAre(testing::FloatEq(std::exp(10.0f)), testing::FloatEq(std::exp(-15.0f))));
}

TEST_F(VaeEncoderTest, UsesMeanAndStandardDeviationWhereTheModelHasThem) {
  model_.vae.latents_mean = {0.5, 1};
  model_.vae.latents_std = {2, 0.25};
  const VaeEncoder vae = encoder(moments_);
  // (1 - 0.5) * 0.5 / 2 and (2 - 1) * 0.5 / 0.25
  EXPECT_THAT(values(vae.sample(vae.encode(picture_), noise(0))), ElementsAre(0.125f, 2.0f));
}

TEST_F(VaeEncoderTest, TakesTheLatentsOfATinyEncoderAsTheyAre) {
  model_.vae.is_tiny = true;
  const VaeEncoder vae = encoder(at::tensor({3.0f, -1.0f}).view({1, 2, 1, 1}));
  const VaeEncoder::Moments moments = vae.encode(picture_);
  EXPECT_FALSE(vae.draws());
  EXPECT_FALSE(moments.log_variance.defined());
  EXPECT_THAT(values(vae.sample(moments, {})), ElementsAre(1.5f, -0.5f));
}

// 1 + 2^-7 is a bfloat16, and a third of it, rounded again, is not a third of what it was rounded from.
TEST_F(VaeEncoderTest, RoundsEveryStepToTheDtypeOfTheModel) {
  model_.vae.scaling_factor = 0.18215;
  const at::Tensor mean = at::tensor({1.2345f, 0.777f}), deviation_log = at::tensor({-1.1f, 0.3f});
  const VaeEncoder vae = encoder(at::cat({mean, deviation_log}).view({1, 4, 1, 1}), at::kBFloat16);
  const at::Tensor drawn = vae.sample(vae.encode(picture_), noise(0.6f)).flatten();
  const auto rounded = [](const at::Tensor& tensor) { return tensor.to(at::kBFloat16); };
  const at::Tensor deviation = rounded(at::exp(rounded(0.5 * rounded(deviation_log).to(at::kFloat)).to(at::kFloat)));
  const at::Tensor noised = rounded(deviation.to(at::kFloat) * rounded(at::tensor({0.6f, 0.6f})).to(at::kFloat));
  const at::Tensor sum = rounded(rounded(mean).to(at::kFloat) + noised.to(at::kFloat));
  const at::Tensor expected = rounded(sum.to(at::kFloat) * 0.18215).to(at::kFloat);
  EXPECT_EQ(drawn.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(drawn, expected)) << drawn << expected;
}

TEST_F(VaeEncoderTest, RetriesInFloat32WhatOverflows) {
  overflows_ = true;
  const VaeEncoder::Moments moments = encoder(moments_, at::kHalf).encode(picture_);
  EXPECT_TRUE(moments.retried_in_float32);
  EXPECT_EQ(moments.mean.scalar_type(), at::kFloat);
  EXPECT_THAT(loads_, ElementsAre(at::kHalf, at::kFloat));
}

TEST_F(VaeEncoderTest, LoadsAVaeThatOverflowsInFloat32AtOnce) {
  model_.vae.force_upcast = true;
  EXPECT_FALSE(encoder(moments_, at::kHalf).encode(picture_).retried_in_float32);
  EXPECT_THAT(loads_, ElementsAre(at::kFloat));
}

TEST_F(VaeEncoderTest, RefusesWhatIsNoMomentsOfThePicture) {
  for (const std::vector<std::int64_t>& sizes : std::vector<std::vector<std::int64_t>>{
           {}, {4, 1, 1}, {1, 2, 1, 1}, {1, 5, 1, 1}, {1, 4, 8, 8}, {1, 4, 1, 0}, {2, 4, 1, 1}}) {
    EXPECT_THAT([&] { encoder(at::zeros(sizes)).encode(picture_); },
                ThrowsMessage<Error>(HasSubstr("where [1, 4, 1, 1] is expected")));
  }
  EXPECT_THAT(
      [&] {
        encoder(at::full({1, 4, 1, 1}, NAN)).encode(picture_);
      },
      ThrowsMessage<Error>(HasSubstr("not finite")));
}

}  // namespace
}  // namespace deepcache_gen
