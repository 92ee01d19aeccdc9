#include "backend/cpu/attention_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "backend/cpu/kernel_values.h"

namespace deepcache_gen {
namespace {

template <typename Number>
class PanelsOf : public testing::Test {
 protected:
  static constexpr std::size_t kRowsOfAWord = 4 / sizeof(Number);

  static std::vector<std::uint32_t> empty_panels(std::size_t rows, std::size_t columns) {
    const std::size_t panels = (columns + kPanelColumns - 1) / kPanelColumns;
    return std::vector<std::uint32_t>(panels * panel_words<Number>(rows));
  }

  // The number of that row and column of a matrix of `rows` rows that was packed.
  static float number_in(const std::vector<std::uint32_t>& panels, std::size_t rows, std::size_t row,
                         std::size_t column) {
    const std::size_t word = column / kPanelColumns * panel_words<Number>(rows) + row / kRowsOfAWord * kPanelColumns +
                             column % kPanelColumns;
    if constexpr (kRowsOfAWord == 1)
      return std::bit_cast<float>(panels[word]);
    else
      return load(Bfloat16Bits{static_cast<std::uint16_t>(panels[word] >> (row % 2 * 16))});
  }

  // That the panels are of the matrix of rows x columns which has `number(row, column)`.
  template <typename NumberAt>
  static void expect_numbers(const std::vector<std::uint32_t>& panels, std::size_t rows, std::size_t columns,
                             const NumberAt& number) {
    for (std::size_t row = 0; row < rows; ++row) {
      for (std::size_t column = 0; column < columns; ++column) {
        ASSERT_EQ(number_in(panels, rows, row, column), load(number(row, column)))
            << row << ", " << column << " of " << rows << " x " << columns;
      }
    }
  }
};

using PanelNumbers = testing::Types<float, Bfloat16Bits>;
TYPED_TEST_SUITE(PanelsOf, PanelNumbers);

TYPED_TEST(PanelsOf, AMatrixHoldItsColumns) {
  for (const std::size_t columns : {1, 2, 63, 64, 65, 160}) {
    for (const std::size_t rows : {1, 2, 7, 64}) {
      const std::size_t stride = columns + 3;
      const auto matrix = stored<TypeParam>(random_values(rows * stride, 1, 1));
      auto panels = this->empty_panels(rows, columns);
      pack(matrix.data(), stride, rows, columns, panels.data());
      this->expect_numbers(panels, rows, columns,
                           [&](std::size_t row, std::size_t column) { return matrix[row * stride + column]; });
    }
  }
}

TYPED_TEST(PanelsOf, ATransposeHoldItsRows) {
  for (const std::size_t columns : {2, 40, 64, 66, 512}) {
    for (const std::size_t rows : {1, 63, 64, 65, 77}) {
      const std::size_t stride = columns + 3;
      const auto matrix = stored<TypeParam>(random_values(rows * stride, 1, 1));
      auto panels = this->empty_panels(columns, rows);
      pack_transposed(matrix.data(), stride, rows, columns, panels.data());
      this->expect_numbers(panels, columns, rows,
                           [&](std::size_t row, std::size_t column) { return matrix[column * stride + row]; });
    }
  }
}

TEST(PanelsOfBfloat16, HaveZerosForTheMissingRowOfAPair) {
  const auto matrix = stored<Bfloat16Bits>(random_values(3 * 5, 1, 1));
  std::vector<std::uint32_t> panels(2 * kPanelColumns, 0xffffffff);
  pack(matrix.data(), 5, 3, 5, panels.data());
  for (std::size_t column = 0; column < 5; ++column) EXPECT_EQ(panels[kPanelColumns + column] >> 16, 0u) << column;
}

struct Softened {
  std::vector<float> weights;
  SoftmaxState state;
  float factor;
};

Softened softened(std::vector<float> scores, float scale, SoftmaxState state = {-kInfinity, 0}) {
  const float factor = soften(scores.data(), scores.size(), scale, state);
  return {scores, state, factor};
}

TEST(Soften, MakesWeightsRelativeToTheGreatestScore) {
  for (const std::size_t count : {1, 15, 16, 17, 77, 512}) {
    const std::vector<float> scores = random_values(count, 10, 1);
    const double greatest = *std::max_element(scores.begin(), scores.end());
    const Softened result = softened(scores, 0.125f);
    double sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const double expected = std::exp((scores[i] - greatest) * 0.125);
      ASSERT_NEAR(result.weights[i], expected, 1e-6 * expected) << i << " of " << count;
      sum += expected;
    }
    EXPECT_EQ(result.state.greatest, static_cast<float>(greatest));
    EXPECT_NEAR(result.state.sum, sum, 1e-6 * sum);
  }
}

TEST(Soften, FindsTheGreatestScoreWhereverItIs) {
  for (std::size_t i = 0; i < 77; ++i) {
    std::vector<float> scores(77, -3);
    scores[i] = 5;
    const Softened result = softened(scores, 1);
    EXPECT_EQ(result.state.greatest, 5) << i;
    EXPECT_EQ(result.weights[i], 1) << i;
  }
}

TEST(Soften, GoesOnFromEarlierScores) {
  const std::vector<float> all = random_values(100, 3, 1);
  for (const std::size_t cut : {1, 50, 99}) {
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(cut);
    const Softened before = softened({all.begin(), middle}, 0.5f), whole = softened(all, 0.5f);
    const Softened after = softened({middle, all.end()}, 0.5f, before.state);
    EXPECT_EQ(after.state.greatest, whole.state.greatest);
    EXPECT_NEAR(after.state.sum, whole.state.sum, 1e-6 * whole.state.sum);
    for (std::size_t i = 0; i < cut; ++i) {
      ASSERT_NEAR(before.weights[i] * after.factor, whole.weights[i], 1e-6 * whole.weights[i]) << i;
    }
  }
}

TEST(Soften, ChangesNothingEarlierWhereTheGreatestScoreStays) {
  EXPECT_EQ(softened({1, 2, 3}, 1, {3, 1}).factor, 1);
  EXPECT_LT(softened({1, 2, 3.5f}, 1, {3, 1}).factor, 1);
}

TEST(Soften, IsRightForScoresFarApart) {
  const Softened result = softened({-1e30f, -1e4f, 0, 1e4f, -kInfinity}, 1);
  for (const std::size_t i : {0, 1, 2, 4}) EXPECT_NEAR(result.weights[i], 0, 1e-30) << i;
  EXPECT_EQ(result.weights[3], 1);
  EXPECT_EQ(result.state.sum, 1);
}

TEST(Soften, NanSpoilsTheSum) {
  for (const std::size_t i : {0, 16, 20}) {
    std::vector<float> scores = random_values(21, 1, 1);
    scores[i] = kNan;
    const Softened result = softened(scores, 1);
    EXPECT_TRUE(std::isnan(result.weights[i])) << i;
    EXPECT_TRUE(std::isnan(result.state.sum)) << i;
  }
}

TEST(Multiply, ScalesRowsOfAnyLength) {
  for (const std::size_t count : {1, 16, 77, 513}) {
    const std::vector<float> values = random_values(count, 1, 1);
    std::vector<float> output(count), in_place = values;
    std::vector<Bfloat16Bits> rounded(count);
    multiply(values.data(), count, 3, output.data());
    multiply(values.data(), count, 3, rounded.data());
    multiply(in_place.data(), count, 3);
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(output[i], values[i] * 3);
      ASSERT_EQ(in_place[i], values[i] * 3);
      ASSERT_EQ(load(rounded[i]), load(stored<Bfloat16Bits>({values[i] * 3})[0]));
    }
  }
}

}  // namespace
}  // namespace deepcache_gen
