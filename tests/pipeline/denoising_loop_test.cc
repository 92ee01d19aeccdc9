#include "pipeline/denoising_loop.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "caching/policy_table.h"
#include "model/counting_rungs.h"
#include "pipeline/batch_noise.h"

namespace deepcache_gen {
namespace {

// Latents after every call of a loop over 4 steps, in which the left half stays the picture's.
class KeptHalf {
 public:
  explicit KeptHalf(const std::string& sampler) {
    SchedulerConfig config;
    config.sampler = sampler;
    config.sigma_schedule = "discrete";
    sampler_ = make_sampler(config, 4);
    kept_.mask = at::tensor({0.0F, 1.0F}).view({1, 1, 1, 2});
    kept_.picture = at::full({1, 1, 1, 2}, 0.5);
    kept_.noise = at::full({1, 1, 1, 2}, -2.0);
    Calls calls;
    const UNetLadder unet(counting_rungs(calls, 2), 2, 1);
    const int count = static_cast<int>(sampler_->steps().size());
    Denoiser denoiser(unet, {c10::kCPU, c10::ScalarType::Float}, std::vector<Choice>(static_cast<std::size_t>(count)),
                      {at::zeros({1, 1, 1}), {}}, {});
    BatchNoise noise({7}, {1, 1, 2});
    run_denoising_loop(*sampler_, denoiser, count, at::ones({1, 1, 1, 2}), noise, &kept_,
                       [&](const LoopState& state) { latents_.push_back(state.latents.clone()); });
  }

  const Sampler& sampler() const { return *sampler_; }
  const KeptLatents& kept() const { return kept_; }
  // Number of what is there after so many calls.
  float left(std::size_t calls) const { return latents_.at(calls)[0][0][0][0].item<float>(); }
  float right(std::size_t calls) const { return latents_.at(calls)[0][0][0][1].item<float>(); }
  std::size_t calls() const { return latents_.size() - 1; }

 private:
  std::unique_ptr<Sampler> sampler_;
  KeptLatents kept_;
  std::vector<at::Tensor> latents_;
};

TEST(RunDenoisingLoop, KeepsThePictureAsNoisyAsTheLatentsAre) {
  const KeptHalf loop("euler");
  ASSERT_EQ(loop.calls(), 4u);
  for (std::size_t call = 1; call < 4; ++call) {
    const auto sigma = static_cast<float>(loop.sampler().steps()[call].sigma);
    EXPECT_FLOAT_EQ(loop.left(call), 0.5F - 2 * sigma) << call;
  }
  EXPECT_EQ(loop.left(4), 0.5F);
  EXPECT_NE(loop.right(4), 0.5F);
}

// diffusers' second order schedulers number both calls of a step by the noise level at its end.
TEST(RunDenoisingLoop, KeepsThePictureAsAtTheEndOfAStepOfTwoCalls) {
  const KeptHalf loop("dpm2");
  ASSERT_EQ(loop.calls(), 7u);
  const auto end = static_cast<float>(loop.sampler().steps()[2].sigma);
  EXPECT_FLOAT_EQ(loop.left(1), 0.5F - 2 * end);
  EXPECT_FLOAT_EQ(loop.left(2), 0.5F - 2 * end);
  EXPECT_EQ(loop.left(7), 0.5F);
}

}  // namespace
}  // namespace deepcache_gen
