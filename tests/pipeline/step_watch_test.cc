#include "pipeline/step_watch.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

TEST(StepWatch, MeasuresTheRelativeEuclideanDistance) {
  StepWatch watch;
  watch.look(at::tensor({3.0f, 4.0f}), {});
  const Movement first = watch.look(at::tensor({3.0f, 5.0f}), at::tensor({2.0f}));
  EXPECT_NEAR(first.latents, 1.0 / 5, 1e-7);
  EXPECT_FALSE(first.deep_feature) << "there was none before";
}

TEST(StepWatch, TheDeepFeatureMovesOnFullStepsOnly) {
  StepWatch watch;
  const at::Tensor latents = at::ones({2}), kept = at::tensor({2.0f}).to(at::kBFloat16);
  watch.look(latents, {});
  watch.look(latents, kept);
  EXPECT_FALSE(watch.look(latents, {}).deep_feature) << "of a cached call";
  kept.fill_(7);  // its memory is used again
  const Movement full = watch.look(latents, at::tensor({3.0f}).to(at::kBFloat16));
  ASSERT_TRUE(full.deep_feature);
  EXPECT_NEAR(*full.deep_feature, 0.5, 1e-6);
  EXPECT_EQ(full.latents, 0);
}

}  // namespace
}  // namespace deepcache_gen
