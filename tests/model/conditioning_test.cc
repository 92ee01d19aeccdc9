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

TEST(StableDiffusion, TakesTheHiddenStates) {
  const Conditioning conditioning = find_family("stable-diffusion")({kClip}, 64, 32);
  EXPECT_TRUE(at::equal(conditioning.context, kClip.hidden));
  EXPECT_TRUE(conditioning.added.empty());
}

TEST(StableDiffusionXl, JoinsTheEncodersAndAddsPooledTextAndSizes) {
  const Conditioning conditioning = find_family("stable-diffusion-xl")({kClip, kBigG}, 64, 32);
  EXPECT_EQ(conditioning.context.sizes(), at::IntArrayRef({1, 3, 6}));
  EXPECT_TRUE(at::equal(conditioning.added.at(0), kBigG.pooled));
  // height before width, as in diffusers' _get_add_time_ids
  EXPECT_TRUE(at::equal(conditioning.added.at(1), at::tensor({32.f, 64.f, 0.f, 0.f, 32.f, 64.f}).view({1, 6})));
}

TEST(StableDiffusionXl, RefusesEncodersThatReadDifferentNumbersOfTokens) {
  const TextEncoding longer{at::full({1, 4, 4}, 2.0), at::full({1, 5}, 3.0)};
  EXPECT_THAT(
      [&] {
        find_family("stable-diffusion-xl")({kClip, longer}, 64, 32);
      },
      ThrowsMessage<Error>(HasSubstr("read 3 and 4 tokens")));
}

TEST(ZeroText, ZeroesTextAndKeepsSizes) {
  const Conditioning prompt = find_family("stable-diffusion-xl")({kClip, kBigG}, 64, 32);
  const Conditioning zero = zero_text(prompt);
  EXPECT_EQ(zero.context.abs().sum().item<float>(), 0);
  EXPECT_EQ(zero.added.at(0).abs().sum().item<float>(), 0);
  EXPECT_TRUE(at::equal(zero.added.at(1), prompt.added.at(1)));
}

TEST(Concatenate, MakesOneBatchInOrder) {
  const Conditioning prompt = find_family("stable-diffusion-xl")({kClip, kBigG}, 64, 32);
  const Conditioning both = concatenate({zero_text(prompt), zero_text(prompt), prompt});
  EXPECT_EQ(both.context.size(0), 3);
  EXPECT_EQ(both.context[1].abs().sum().item<float>(), 0);
  EXPECT_TRUE(at::equal(both.context[2], prompt.context[0]));
  EXPECT_EQ(both.added.at(0).sizes(), at::IntArrayRef({3, 5}));
}

TEST(FindFamily, NamesTheKnownOnes) {
  EXPECT_THAT(
      [] { find_family("stable-diffusion-3"); },
      ThrowsMessage<Error>(HasSubstr("unknown model family 'stable-diffusion-3'; did you mean 'stable-diffusion'?")));
}

}  // namespace
}  // namespace deepcache_gen
