#include "backend/cpu/attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "backend/cpu/dtype_fixture.h"

namespace deepcache_gen {
namespace {

class AttentionTest : public DtypeTest {
 protected:
  struct Sizes {
    std::int64_t batch, heads, queries, keys, width;
  };

  static at::Tensor exact(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                          std::optional<double> scale = {}) {
    return at::scaled_dot_product_attention(query.to(at::kDouble), key.to(at::kDouble), value.to(at::kDouble), {}, 0,
                                            false, scale);
  }

  static void expect_exact(const Sizes& sizes) {
    const at::Tensor query = random({sizes.batch, sizes.heads, sizes.queries, sizes.width}),
                     key = random({sizes.batch, sizes.heads, sizes.keys, sizes.width}),
                     value = random({sizes.batch, sizes.heads, sizes.keys, sizes.width});
    const at::Tensor output = attend(query, key, value, {});
    EXPECT_EQ(output.scalar_type(), GetParam());
    EXPECT_LE(relative_difference(output, exact(query, key, value)), tolerance())
        << sizes.batch << " x " << sizes.heads << " heads, " << sizes.queries << " queries, " << sizes.keys
        << " keys of width " << sizes.width;
  }
};

INSTANTIATE_TEST_SUITE_P(Dtypes, AttentionTest, testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& test) { return std::string(toString(test.param)); });

TEST_P(AttentionTest, TakesAnyNumberOfQueriesAndKeys) {
  for (const std::int64_t queries : {1, 63, 64, 65, 200}) {
    for (const std::int64_t keys : {1, 2, 77, 511, 512, 513, 1100}) expect_exact({1, 2, queries, keys, 64});
  }
}

TEST_P(AttentionTest, TakesTheWidthsOfAllModels) {
  for (const std::int64_t width : {2, 16, 40, 64, 80, 160, 512}) expect_exact({2, 3, 70, 77, width});
}

TEST_P(AttentionTest, TakesRowsThatNoPairsCanBeMadeOf) { expect_exact({1, 2, 10, 12, 7}); }

TEST_P(AttentionTest, TakesWhatHasGapsInMemory) {
  const at::Tensor merged = random({2, 70, 3 * 4 * 16});
  const auto part = [&](std::int64_t i) {
    return merged.slice(2, i * 64, (i + 1) * 64).view({2, 70, 4, 16}).transpose(1, 2);
  };
  const at::Tensor output = attend(part(0), part(1), part(2), {});
  EXPECT_LE(relative_difference(output, exact(part(0), part(1), part(2))), tolerance());
}

TEST_P(AttentionTest, TakesNumbersInAnyOrder) {
  const at::Tensor query = random({2, 3, 16, 70}).transpose(2, 3), key = random({2, 3, 16, 77}).transpose(2, 3),
                   value = random({16, 3, 77, 2}).permute({3, 1, 2, 0});
  EXPECT_LE(relative_difference(attend(query, key, value, {}), exact(query, key, value)), tolerance());
}

TEST_P(AttentionTest, TakesKeysThatAllOfABatchShare) {
  const at::Tensor query = random({2, 3, 70, 16}), key = random({1, 3, 77, 16}).expand({2, 3, 77, 16}),
                   value = random({1, 1, 77, 16}).expand({2, 3, 77, 16});
  EXPECT_LE(relative_difference(attend(query, key, value, {}), exact(query, key, value)), tolerance());
}

TEST_P(AttentionTest, PutsTheHeadsOfAQueryOneAfterTheOther) {
  const at::Tensor query = random({2, 3, 70, 16});
  EXPECT_TRUE(attend(query, query, query, {}).transpose(1, 2).is_contiguous());
}

TEST_P(AttentionTest, ScalesAsItIsTold) {
  const at::Tensor query = random({2, 3, 70, 16}), key = random({2, 3, 77, 16}), value = random({2, 3, 77, 16});
  for (const double scale : {0.01, 1.0, 0.0, -0.5}) {
    EXPECT_LE(relative_difference(attend(query, key, value, scale), exact(query, key, value, scale)), tolerance())
        << scale;
  }
}

TEST_P(AttentionTest, IsRightForScoresFarApart) {
  const at::Tensor query = random({1, 2, 70, 16}) * 30, key = random({1, 2, 1100, 16}) * 30,
                   value = random({1, 2, 1100, 16});
  EXPECT_LE(relative_difference(attend(query, key, value, {}), exact(query, key, value)), tolerance());
}

TEST_P(AttentionTest, KeepsNanToTheQueryThatHasIt) {
  const at::Tensor query = random({1, 2, 70, 16}), key = random({1, 2, 77, 16}), value = random({1, 2, 77, 16});
  query.select(1, 1).select(1, 3).select(1, 5).fill_(NAN);
  const at::Tensor spoiled = attend(query, key, value, {}).isnan();
  EXPECT_TRUE(spoiled.select(1, 1).select(1, 3).all().item<bool>());
  EXPECT_EQ(spoiled.sum().item<std::int64_t>(), 16);
}

TEST_P(AttentionTest, IsEmptyWithoutQueries) {
  const at::Tensor key = random({1, 2, 77, 16});
  EXPECT_EQ(attend(key.slice(2, 0, 0), key, key, {}).sizes(), at::IntArrayRef({1, 2, 0, 16}));
}

TEST_P(AttentionTest, RefusesWhatDoesNotFitTogether) {
  const at::Tensor query = random({1, 2, 70, 16}), key = random({1, 2, 77, 32});
  EXPECT_THROW(attend(query, key, key, {}), c10::Error);
}

TEST_P(AttentionTest, IsTheSameOnAnyNumberOfThreads) {
  const at::Tensor query = random({2, 3, 200, 16}), key = random({2, 3, 600, 16}), value = random({2, 3, 600, 16});
  const int threads = at::get_num_threads();
  at::set_num_threads(1);
  const at::Tensor alone = attend(query, key, value, {});
  at::set_num_threads(3);
  const at::Tensor together = attend(query, key, value, {});
  at::set_num_threads(threads);
  EXPECT_TRUE(at::equal(alone, together));
}

}  // namespace
}  // namespace deepcache_gen
