#include "backend/cpu/gate_kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "backend/cpu/kernel_values.h"

namespace deepcache_gen {
namespace {

double gelu(double x) { return x / 2 * std::erfc(-x / std::sqrt(2.0)); }

template <typename Number>
class GateRow : public testing::Test {
 protected:
  // Half the distance between two numbers beside 1.
  static constexpr double kRounding = std::is_same_v<Number, float> ? 0x1p-24 : 0x1p-8;

  static std::vector<Number> gated(const std::vector<Number>& value, const std::vector<Number>& gate) {
    std::vector<Number> output(value.size());
    gate_row(value.data(), gate.data(), value.size(), output.data());
    return output;
  }

  static void expect_gated(const std::vector<float>& values, const std::vector<float>& gates) {
    const auto value = stored<Number>(values), gate = stored<Number>(gates);
    const auto output = gated(value, gate);
    for (std::size_t i = 0; i < output.size(); ++i) {
      const double v = load(value[i]), x = load(gate[i]), expected = v * gelu(x);
      ASSERT_NEAR(load(output[i]), expected, 3e-7 * std::abs(x * v) + kRounding * std::abs(expected))
          << "number " << i << " of " << output.size() << ": " << v << " * gelu(" << x << ")";
    }
  }
};

using Numbers = testing::Types<float, Bfloat16Bits>;
TYPED_TEST_SUITE(GateRow, Numbers);

TYPED_TEST(GateRow, IsTheValueTimesTheGeluOfTheGate) {
  for (const std::size_t count : {0, 1, 7, 513, 1000}) {
    this->expect_gated(random_values(count, 1, 1), random_values(count, 3, 2));
  }
}

TYPED_TEST(GateRow, IsRightFarFromZeroToo) {
  const std::vector<float> gates{-1e20f, -1e4f, -1000, -100, -13, -12, -6,  -5,   -1e-3f, -1e-30f, 0,
                                 1e-30f, 1e-3f, 5,     6,    12,  13,  100, 1000, 1e4f,   1e20f};
  this->expect_gated(std::vector<float>(gates.size(), 1.5f), gates);
}

TYPED_TEST(GateRow, ClosesWhereTheGateIsFarBelowZero) {
  for (const TypeParam number : this->gated(stored<TypeParam>({1, 1, 1}), stored<TypeParam>({-20, -100, -1e4f}))) {
    EXPECT_NEAR(load(number), 0, 1e-30);
  }
}

TYPED_TEST(GateRow, OpensWhereTheGateIsFarAboveZero) {
  EXPECT_EQ(load(this->gated(stored<TypeParam>({2}), stored<TypeParam>({64}))[0]), 128);
}

TYPED_TEST(GateRow, NanStaysWhereItIs) {
  std::vector<float> values = random_values(513, 1, 3), gates = random_values(513, 1, 4);
  values[3] = kNan;
  gates[512] = -kNan;
  const auto output = this->gated(stored<TypeParam>(values), stored<TypeParam>(gates));
  for (std::size_t i = 0; i < output.size(); ++i) ASSERT_EQ(std::isnan(load(output[i])), i == 3 || i == 512) << i;
}

TYPED_TEST(GateRow, InfinityGoesThrough) {
  EXPECT_EQ(load(this->gated(stored<TypeParam>({2}), stored<TypeParam>({kInfinity}))[0]), kInfinity);
  EXPECT_EQ(load(this->gated(stored<TypeParam>({-kInfinity}), stored<TypeParam>({1}))[0]), -kInfinity);
}

// Between 128 and 256 bfloat16 has the whole numbers, and there gelu(x) is x.
TEST(GateRowInBfloat16, RoundsTiesToEven) {
  const auto rounded = [](float value, float gate) {
    const auto values = stored<Bfloat16Bits>({value}), gates = stored<Bfloat16Bits>({gate});
    Bfloat16Bits output{};
    gate_row(values.data(), gates.data(), 1, &output);
    return load(output);
  };
  EXPECT_EQ(rounded(1.5f, 129), 194);
  EXPECT_EQ(rounded(1.5f, 131), 196);
  EXPECT_EQ(rounded(1.5f, 133), 200);
}

}  // namespace
}  // namespace deepcache_gen
