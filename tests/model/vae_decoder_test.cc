#include "model/vae_decoder.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "model/returning_module.h"
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

  ModelInfo model_{.parts = {{kVaeDecoder, {"vae.pt", {}}}}, .vae_scale = 1, .vae = {.scaling_factor = 0.5}};
  std::vector<c10::ScalarType> loads_;
};

TEST_F(VaeDecoderTest, DividesByTheScalingFactorAndMapsToUnitRange) {
  const VaeDecoder::Decoded decoded =
      decoder(at::kFloat).decode(at::tensor({-1.0f, -0.25f, 0.0f, 1.0f}).view({2, 2}).expand({3, 2, 2}));
  EXPECT_TRUE(at::equal(decoded.picture[2].flatten(), at::tensor({0.0f, 0.25f, 0.5f, 1.0f})));
  EXPECT_FALSE(decoded.retried_in_float32);
}

TEST_F(VaeDecoderTest, UsesMeanAndStandardDeviationWhereTheModelHasThem) {
  model_.vae.latents_mean = {0.5, 0, 0};
  model_.vae.latents_std = {2.0, 1, 1};
  // 0.125 * 2 / 0.5 + 0.5 = 1, which maps to 1
  EXPECT_EQ(decoder(at::kFloat).decode(at::full({3, 1, 1}, 0.125f)).picture[0].item<float>(), 1.0f);
}

TEST_F(VaeDecoderTest, RetriesInFloat32WhenADtypeOverflows) {
  const VaeDecoder vae = decoder(at::kHalf, {at::kHalf});
  EXPECT_TRUE(vae.decode(at::zeros({3, 1, 1})).retried_in_float32);
  EXPECT_THAT(loads_, ElementsAre(at::kHalf, at::kFloat));
}

TEST_F(VaeDecoderTest, LoadsInFloat32OnceForAllPicturesThatOverflow) {
  const VaeDecoder vae = decoder(at::kHalf, {at::kHalf});
  for (int picture = 0; picture < 3; ++picture) vae.decode(at::zeros({3, 1, 1}));
  EXPECT_THAT(loads_, ElementsAre(at::kHalf, at::kFloat));
}

TEST_F(VaeDecoderTest, LoadsAVaeThatOverflowsInFloat32AtOnce) {
  model_.vae.force_upcast = true;
  decoder(at::kHalf);
  decoder(at::kBFloat16);
  EXPECT_THAT(loads_, ElementsAre(at::kFloat, at::kBFloat16));
}

TEST_F(VaeDecoderTest, RefusesAnythingButAPictureOfTheLatents) {
  model_.vae_scale = 8;
  const auto returning = [&](const std::vector<at::Tensor>& outputs) {
    const VaeDecoder vae(model_, {c10::kCPU, at::kFloat},
                         [&](c10::ScalarType) { return std::make_unique<ReturningModule>(outputs); });
    return vae.decode(at::zeros({4, 2, 3})).picture;
  };
  EXPECT_EQ(returning({at::zeros({1, 3, 16, 24})}).sizes(), at::IntArrayRef({3, 16, 24}));
  for (const std::vector<std::int64_t>& sizes : std::vector<std::vector<std::int64_t>>{
           {}, {3, 16, 24}, {1, 4, 16, 24}, {1, 1, 16, 24}, {1, 3, 16, 16}, {1, 3, 0, 24}, {2, 3, 16, 24}}) {
    EXPECT_THAT([&] { returning({at::zeros(sizes)}); },
                ThrowsMessage<Error>(HasSubstr("where [1, 3, 16, 24] is expected")));
  }
  EXPECT_THAT([&] { returning({}); }, ThrowsMessage<Error>(HasSubstr("vae.pt returned 0 tensors")));
}

TEST_F(VaeDecoderTest, NeverReturnsAPictureThatIsNotFinite) {
  const VaeDecoder vae = decoder(at::kFloat, {at::kFloat});
  EXPECT_THAT([&] { vae.decode(at::zeros({3, 1, 1})); }, ThrowsMessage<Error>(HasSubstr("not finite")));
}

}  // namespace
}  // namespace deepcache_gen
