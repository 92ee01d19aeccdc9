#include "model/conditioning.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

const TextEncoding kClip{at::full({1, 3, 2}, 1.0), at::empty({1, 0})};
const TextEncoding kBigG{at::full({1, 3, 4}, 2.0), at::full({1, 5}, 3.0)};
const SizeConditioning kSizes{.original_width = 640,
                              .original_height = 320,
                              .crop_top = 7,
                              .crop_left = 9,
                              .target_width = 64,
                              .target_height = 32};

Conditioning arranged(const std::string& family, const std::vector<TextEncoding>& texts,
                      Half half = Half::conditional) {
  return find_family(family)(texts, kSizes, half);
}

at::Tensor row(const std::vector<float>& numbers) { return at::tensor(numbers).unsqueeze(0); }

TEST(StableDiffusion, TakesTheHiddenStates) {
  const Conditioning conditioning = arranged("stable-diffusion", {kClip});
  EXPECT_TRUE(at::equal(conditioning.context, kClip.hidden));
  EXPECT_TRUE(conditioning.added.empty());
}

TEST(StableDiffusionXl, JoinsTheEncodersAndAddsPooledTextAndSizes) {
  const Conditioning conditioning = arranged("stable-diffusion-xl", {kClip, kBigG});
  EXPECT_EQ(conditioning.context.sizes(), at::IntArrayRef({1, 3, 6}));
  EXPECT_TRUE(at::equal(conditioning.added.at(0), kBigG.pooled));
  // height before width, as in diffusers' _get_add_time_ids
  EXPECT_TRUE(at::equal(conditioning.added.at(1), row({320, 640, 7, 9, 32, 64})));
}

TEST(StableDiffusionXl, TellsBothHalvesTheSameSizes) {
  const Conditioning without = arranged("stable-diffusion-xl", {kClip, kBigG}, Half::unconditional);
  EXPECT_TRUE(at::equal(without.added.at(1), row({320, 640, 7, 9, 32, 64})));
}

// As diffusers' StableDiffusionXLImg2ImgPipeline._get_add_time_ids has it, which leaves negative_crops_coords_top_left
// at (0, 0).
TEST(StableDiffusionXlRefiner, TellsAScoreInPlaceOfTheTargetSize) {
  const std::string family = "stable-diffusion-xl-refiner";
  const Conditioning with = arranged(family, {kBigG}), without = arranged(family, {kBigG}, Half::unconditional);
  EXPECT_TRUE(at::equal(with.context, kBigG.hidden));
  EXPECT_TRUE(at::equal(with.added.at(0), kBigG.pooled));
  EXPECT_TRUE(at::equal(with.added.at(1), row({320, 640, 7, 9, 6})));
  EXPECT_TRUE(at::equal(without.added.at(1), row({320, 640, 0, 0, 2.5})));
}

TEST(StableDiffusionXl, RefusesEncodersThatReadDifferentNumbersOfTokens) {
  const TextEncoding longer{at::full({1, 4, 4}, 2.0), at::full({1, 5}, 3.0)};
  EXPECT_THAT(
      [&] {
        arranged("stable-diffusion-xl", {kClip, longer});
      },
      ThrowsMessage<Error>(HasSubstr("read 3 and 4 tokens")));
}

TEST(TimeIds, HaveTheTypeAndTheRowsOfThePooledText) {
  const at::Tensor ids = time_ids({512, 2.5}, at::zeros({2, 5}, at::kHalf));
  EXPECT_EQ(ids.scalar_type(), at::kHalf);
  EXPECT_TRUE(at::equal(ids.to(at::kFloat), at::tensor({512.f, 2.5f, 512.f, 2.5f}).view({2, 2})));
}

TEST(ZeroText, ZeroesWhatTheEncodersMade) {
  const std::vector<TextEncoding> zero = zero_text({kClip, kBigG});
  ASSERT_EQ(zero.size(), 2u);
  EXPECT_TRUE(at::equal(zero[0].hidden, at::zeros({1, 3, 2})));
  EXPECT_TRUE(at::equal(zero[1].hidden, at::zeros({1, 3, 4})));
  EXPECT_TRUE(at::equal(zero[1].pooled, at::zeros({1, 5})));
}

TEST(Concatenate, MakesOneBatchInOrder) {
  const Conditioning prompt = arranged("stable-diffusion-xl", {kClip, kBigG});
  const Conditioning nothing = arranged("stable-diffusion-xl", zero_text({kClip, kBigG}));
  const Conditioning both = concatenate({nothing, nothing, prompt});
  EXPECT_EQ(both.context.size(0), 3);
  EXPECT_EQ(both.context[1].abs().sum().item<float>(), 0);
  EXPECT_TRUE(at::equal(both.context[2], prompt.context[0]));
  EXPECT_EQ(both.added.at(0).sizes(), at::IntArrayRef({3, 5}));
}

TEST(FindFamily, NamesTheKnownOnes) {
  EXPECT_THAT(
      [] { find_family("stable-difusion"); },
      ThrowsMessage<Error>(HasSubstr("unknown model family 'stable-difusion'; did you mean 'stable-diffusion'?")));
}

}  // namespace
}  // namespace deepcache_gen
