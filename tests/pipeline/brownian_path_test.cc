#include "pipeline/brownian_path.h"

#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

namespace deepcache_gen {
namespace {

at::Generator generator(std::uint64_t seed) { return at::detail::createCPUGenerator(seed); }

double variance(const at::Tensor& values) { return values.pow(2).mean().item<double>(); }

double correlation(const at::Tensor& a, const at::Tensor& b) {
  return (a * b).mean().item<double>() / std::sqrt(variance(a) * variance(b));
}

// Enough elements that a variance is found to about 0.4 percent (one standard deviation).
const std::vector<std::int64_t> kMany{4, 182, 182};

TEST(BrownianPath, IncrementsAddUpHoweverTheyAreAskedFor) {
  at::Generator random = generator(3);
  BrownianPath path({4, 8, 8});
  const at::Tensor whole = path.increment(9, 1, random);
  const at::Tensor upper = path.increment(9, 4, random), lower = path.increment(4, 1, random);
  EXPECT_LT((upper + lower - whole).abs().max().item<double>(), 1e-12);
  EXPECT_TRUE(at::equal(path.increment(1, 9, random), -whole));
  EXPECT_TRUE(at::equal(path.increment(9, 4, random), upper));
  const at::Tensor beyond = path.increment(1, 0.5, random);
  EXPECT_LT((path.increment(9, 0.5, random) - whole - beyond).abs().max().item<double>(), 1e-12);
}

TEST(BrownianPath, VaryAsLongAsTheyAre) {
  at::Generator random = generator(4);
  BrownianPath path(kMany);
  path.increment(10, 2, random);
  for (const auto& [from, to] : std::vector<std::pair<double, double>>{{10, 2}, {10, 9}, {9, 2}, {5, 4}, {12, 1}}) {
    EXPECT_NEAR(variance(path.increment(from, to, random)) / std::abs(to - from), 1, 0.02) << from << " to " << to;
  }
}

// What a bridge of the wrong width, or one that is not pinned at both ends, would not have.
TEST(BrownianPath, GoEachTheirOwnWayWhereTheyDoNotOverlap) {
  at::Generator random = generator(5);
  BrownianPath path(kMany);
  path.increment(10, 2, random);
  const at::Tensor upper = path.increment(10, 7, random), lower = path.increment(7, 2, random);
  EXPECT_NEAR(correlation(upper, lower), 0, 0.015);
  EXPECT_NEAR(correlation(upper, path.increment(12, 10, random)), 0, 0.015);
  EXPECT_NEAR(correlation(upper, path.increment(10, 2, random)), std::sqrt(3.0 / 8), 0.015);
}

TEST(BrownianPath, IsTheSameForTheSameSeedAndQuestions) {
  at::Generator one = generator(6), other = generator(6);
  BrownianPath path({4, 2, 2}), same({4, 2, 2});
  for (const double to : {1.0, 5.0, 3.0}) {
    EXPECT_TRUE(at::equal(path.increment(8, to, one), same.increment(8, to, other))) << to;
  }
}

}  // namespace
}  // namespace deepcache_gen
