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

// A decoder to the mean of a tile, so that each tile has its own colour.
class MeanVae : public Module {
 public:
  std::vector<at::Tensor> run(const std::vector<at::Tensor>& inputs) const override {
    const at::Tensor& tile = inputs.at(0);
    tiles_.emplace_back(tile.size(2), tile.size(3));
    return {tile.mean().expand({1, 3, tile.size(2) * 8, tile.size(3) * 8})};
  }
  mutable std::vector<std::pair<std::int64_t, std::int64_t>> tiles_;
};

TEST_F(VaeDecoderTest, DecodesTileByTile) {
  model_.vae_scale = 8;
  model_.vae.scaling_factor = 1;
  const MeanVae* mean = nullptr;
  const VaeDecoder vae(model_, {c10::kCPU, at::kFloat}, [&](c10::ScalarType) {
    auto made = std::make_unique<MeanVae>();
    mean = made.get();
    return made;
  });
  at::Tensor latents = at::zeros({4, 4, 7});
  latents.narrow(2, 3, 4) = 1.0f;
  const at::Tensor picture = vae.decode(latents, 32).picture;
  using Sides = std::pair<std::int64_t, std::int64_t>;
  // Tiles of 4 latents begin every 3; there are two rows of them, since 4 is more than 3.
  EXPECT_THAT(mean->tiles_, ElementsAre(Sides{4, 4}, Sides{4, 4}, Sides{4, 1}, Sides{1, 4}, Sides{1, 4}, Sides{1, 1}));
  EXPECT_EQ(picture.sizes(), at::IntArrayRef({3, 32, 56}));
  // The first tile is a quarter ones; the second, all ones, is blended into it over 8 pixels from its left on.
  EXPECT_EQ(picture[0][0][0].item<float>(), 0.625f);
  EXPECT_EQ(picture[0][0][24].item<float>(), 0.625f);
  EXPECT_EQ(picture[0][0][28].item<float>(), 0.8125f);
  EXPECT_EQ(picture[0][0][32].item<float>(), 1.0f);
}

TEST_F(VaeDecoderTest, NeverReturnsAPictureThatIsNotFinite) {
  const VaeDecoder vae = decoder(at::kFloat, {at::kFloat});
  EXPECT_THAT([&] { vae.decode(at::zeros({3, 1, 1})); }, ThrowsMessage<Error>(HasSubstr("not finite")));
}

}  // namespace
}  // namespace deepcache_gen
