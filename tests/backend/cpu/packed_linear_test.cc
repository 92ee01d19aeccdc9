#include "backend/cpu/packed_linear.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "backend/cpu/dtype_fixture.h"

namespace deepcache_gen {
namespace {

class PackedLinearTest : public DtypeTest {
 protected:
  static at::Tensor product(const at::Tensor& input, const at::Tensor& weight, const std::optional<at::Tensor>& bias) {
    const auto doubles = bias ? std::optional(bias->to(at::kDouble)) : std::nullopt;
    return at::linear(input.to(at::kDouble), weight.to(at::kDouble), doubles);
  }
};

INSTANTIATE_TEST_SUITE_P(Dtypes, PackedLinearTest, testing::Values(at::kFloat, at::kBFloat16),
                         [](const auto& test) { return std::string(toString(test.param)); });

TEST_P(PackedLinearTest, MultipliesRowsOfAnyCount) {
  const at::Tensor weight = random({48, 33}), bias = random({48});
  const PackedLinear linear(weight, bias);
  for (const std::int64_t rows : {1, 2, 7, 77, 1024, 1500}) {
    const at::Tensor input = random({rows, 33}), output = linear.run(input);
    EXPECT_EQ(output.scalar_type(), GetParam());
    EXPECT_LE(relative_difference(output, product(input, weight, bias)), tolerance()) << rows << " rows";
  }
}

TEST_P(PackedLinearTest, MultipliesMatricesOfAnySize) {
  for (const auto& [outputs, inputs] : {std::pair{1, 1}, {1, 320}, {320, 1}, {5, 7}, {320, 768}, {1000, 513}}) {
    const at::Tensor weight = random({outputs, inputs}), input = random({77, inputs});
    EXPECT_LE(relative_difference(PackedLinear(weight, {}).run(input), product(input, weight, {})), tolerance())
        << outputs << " x " << inputs;
  }
}

TEST_P(PackedLinearTest, KeepsTheLeadingDimensions) {
  const at::Tensor weight = random({48, 33}), bias = random({48});
  const PackedLinear linear(weight, bias);
  for (const at::Tensor& input : {random({33}), random({2, 5, 33}), random({2, 3, 4, 33})}) {
    EXPECT_LE(relative_difference(linear.run(input), product(input, weight, bias)), tolerance()) << input.sizes();
  }
}

TEST_P(PackedLinearTest, TakesInputsWithGapsInMemory) {
  const at::Tensor weight = random({48, 33});
  const PackedLinear linear(weight, {});
  const at::Tensor sliced = random({2, 5, 99}).slice(2, 33, 66), transposed = random({2, 33, 5}).transpose(1, 2);
  EXPECT_LE(relative_difference(linear.run(sliced), product(sliced, weight, {})), tolerance());
  EXPECT_LE(relative_difference(linear.run(transposed), product(transposed, weight, {})), tolerance());
}

TEST_P(PackedLinearTest, KeepsNothingOfTheWeightsItWasMadeOf) {
  const at::Tensor weight = random({48, 33}), bias = random({48}), input = random({7, 33});
  const at::Tensor expected = product(input, weight, bias);
  const PackedLinear linear(weight, bias);
  weight.zero_();
  bias.zero_();
  EXPECT_LE(relative_difference(linear.run(input), expected), tolerance());
}

TEST_P(PackedLinearTest, TakesABiasOfAnotherDtype) {
  const at::Tensor weight = random({48, 33}), input = random({7, 33});
  const at::Tensor bias = at::randn({48}).to(at::kHalf), rounded = bias.to(GetParam());
  EXPECT_LE(relative_difference(PackedLinear(weight, bias).run(input), product(input, weight, rounded)), tolerance());
}

TEST_P(PackedLinearTest, AppliesTheGeluOfTheErrorFunction) {
  const at::Tensor weight = random({48, 33}), bias = random({48}), input = random({2, 5, 33});
  const at::Tensor expected = at::gelu(product(input, weight, bias), "none");
  EXPECT_LE(relative_difference(PackedLinear(weight, bias).run_gelu(input), expected), tolerance());
}

TEST_P(PackedLinearTest, AddsAnotherTensorAndLeavesItAlone) {
  const at::Tensor weight = random({48, 33}), input = random({70, 33}), other = random({70, 48});
  for (const std::optional<at::Tensor>& bias : {std::optional<at::Tensor>(), std::optional(random({48}))}) {
    const at::Tensor before = other.clone();
    const at::Tensor sum = PackedLinear(weight, bias).run_add(input, other);
    EXPECT_LE(relative_difference(sum, product(input, weight, bias) + other.to(at::kDouble)), tolerance());
    EXPECT_TRUE(other.equal(before));
  }
}

TEST_P(PackedLinearTest, AddsATensorOfSeveralLeadingDimensions) {
  const at::Tensor weight = random({48, 33}), input = random({2, 5, 33}), other = random({2, 5, 48});
  const at::Tensor sum = PackedLinear(weight, {}).run_add(input, other);
  EXPECT_LE(relative_difference(sum, product(input, weight, {}) + other.to(at::kDouble)), tolerance());
}

}  // namespace
}  // namespace deepcache_gen
