#include "model/vae_decoder.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

// A decoder that returns its input, or infinities when it runs in a dtype that overflows.
class FakeVae : public Module {
 public:
  explicit FakeVae(bool overflows) : overflows_(overflows) {}
  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
    return {overflows_ ? at::full_like(inputs.at(0), std::numeric_limits<double>::infinity()) : inputs.at(0)};
  }

 private:
  bool overflows_;
};

class VaeDecoderTest : public testing::Test {
 protected:
  VaeDecoder decoder(c10::ScalarType dtype, std::vector<c10::ScalarType> overflowing = {}) {
    return VaeDecoder(model_, {c10::kCPU, dtype}, [this, overflowing](c10::ScalarType loaded) {
      loads_.push_back(loaded);
      return std::make_unique<FakeVae>(std::find(overflowing.begin(), overflowing.end(), loaded) != overflowing.end());
    });
  }

  ModelInfo model_{.vae_scaling_factor = 0.5};
  std::vector<c10::ScalarType> loads_;
};

TEST_F(VaeDecoderTest, DividesByTheScalingFactorAndMapsToUnitRange) {
  const VaeDecoder::Decoded decoded =
      decoder(at::kFloat).decode(at::tensor({-1.0f, -0.25f, 0.0f, 1.0f}).view({1, 2, 2}));
  EXPECT_TRUE(at::equal(decoded.picture.flatten(), at::tensor({0.0f, 0.25f, 0.5f, 1.0f})));
  EXPECT_FALSE(decoded.retried_in_float32);
}

TEST_F(VaeDecoderTest, UsesMeanAndStandardDeviationWhereTheModelHasThem) {
  model_.latents_mean = {0.5};
  model_.latents_std = {2.0};
  // 0.125 * 2 / 0.5 + 0.5 = 1, which maps to 1
  EXPECT_EQ(decoder(at::kFloat).decode(at::full({1, 1, 1}, 0.125f)).picture.item<float>(), 1.0f);
}

TEST_F(VaeDecoderTest, RetriesInFloat32WhenADtypeOverflows) {
  const VaeDecoder vae = decoder(at::kHalf, {at::kHalf});
  EXPECT_TRUE(vae.decode(at::zeros({1, 1, 1})).retried_in_float32);
  EXPECT_THAT(loads_, ElementsAre(at::kHalf, at::kFloat));
}

TEST_F(VaeDecoderTest, LoadsInFloat32OnceForAllPicturesThatOverflow) {
  const VaeDecoder vae = decoder(at::kHalf, {at::kHalf});
  for (int picture = 0; picture < 3; ++picture) vae.decode(at::zeros({1, 1, 1}));
  EXPECT_THAT(loads_, ElementsAre(at::kHalf, at::kFloat));
}

TEST_F(VaeDecoderTest, LoadsAVaeThatOverflowsInFloat32AtOnce) {
  model_.vae_force_upcast = true;
  decoder(at::kHalf);
  decoder(at::kBFloat16);
  EXPECT_THAT(loads_, ElementsAre(at::kFloat, at::kBFloat16));
}

TEST_F(VaeDecoderTest, NeverReturnsAPictureThatIsNotFinite) {
  const VaeDecoder vae = decoder(at::kFloat, {at::kFloat});
  EXPECT_THAT([&] { vae.decode(at::zeros({1, 1, 1})); }, ThrowsMessage<Error>(HasSubstr("not finite")));
}

}  // namespace
}  // namespace deepcache_gen
