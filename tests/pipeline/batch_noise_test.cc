#include "pipeline/batch_noise.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace deepcache_gen
