#include "pipeline/batch_noise.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

namespace deepcache_gen {
namespace {

TEST(BatchNoise, IsWhatPythonDrawsForTheSameSeed) {
  // torch.manual_seed(7); torch.randn(1, 4, 4, 4)[0, 0, 0] with torch 2.11.0
  const at::Tensor expected = at::tensor({-0.8201f, 0.3956f, 0.8989f, -1.3884f});
  EXPECT_TRUE(at::allclose(BatchNoise({7}, {4, 4, 4}).draw()[0][0][0], expected, 0, 1e-4));
}

TEST(BatchNoise, AnImageDrawsTheSameAloneAndInABatch) {
  BatchNoise batch({5, 42, 7}, {4, 2, 2});
  BatchNoise alone({42}, {4, 2, 2});
  for (int draw = 0; draw < 3; ++draw) EXPECT_TRUE(at::equal(batch.draw()[1], alone.draw()[0])) << draw;
}

TEST(BatchNoise, DrawsNewNoiseEveryTime) {
  BatchNoise noise({0}, {4, 2, 2});
  EXPECT_FALSE(at::equal(noise.draw(), noise.draw()));
}

TEST(BatchNoise, BetweenIsStandardNormalHoweverLongTheInterval) {
  BatchNoise noise({1, 2}, {4, 90, 90});
  for (const double to : {14.0, 1.0, 14.5}) {
    const at::Tensor drawn = noise.between(15, to);
    EXPECT_EQ(drawn.sizes(), at::IntArrayRef({2, 4, 90, 90}));
    EXPECT_EQ(drawn.scalar_type(), at::kFloat);
    EXPECT_NEAR(drawn.pow(2).mean().item<double>(), 1, 0.03) << to;
  }
}

TEST(BatchNoise, BetweenIsOnePathForEachImageTheSameAloneAndInABatch) {
  BatchNoise batch({5, 42, 7}, {4, 2, 2});
  BatchNoise alone({42}, {4, 2, 2});
  batch.draw();
  alone.draw();
  const at::Tensor whole = batch.between(9, 1), upper = batch.between(9, 5), lower = batch.between(5, 1);
  EXPECT_TRUE(at::allclose(upper * 2 + lower * 2, whole * std::sqrt(8.0), 1e-5, 1e-5));
  EXPECT_TRUE(at::equal(batch.between(9, 1), whole));
  alone.between(9, 1);
  EXPECT_TRUE(at::equal(alone.between(9, 5)[0], upper[1]));
  EXPECT_FALSE(at::equal(upper[0], upper[1]));
  EXPECT_THROW(batch.between(3, 3), std::invalid_argument);
}

}  // namespace
}  // namespace deepcache_gen
