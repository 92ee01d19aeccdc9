#include "backend/cpu/weight_conversion.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <tuple>
#include <vector>

namespace deepcache_gen {
namespace {

using testing::Combine;
using testing::Values;

at::Tensor random(at::IntArrayRef sizes) {
  at::manual_seed(1);
  return at::randn(sizes) * 30;
}

class ConvertedWeight : public testing::TestWithParam<std::tuple<at::ScalarType, at::ScalarType>> {
 protected:
  void expect_same_numbers(const at::Tensor& weight) {
    const at::Tensor stored = weight.to(std::get<0>(GetParam()));
    const at::ScalarType dtype = std::get<1>(GetParam());
    const at::Tensor converted = conversion_.convert(stored);
    EXPECT_TRUE(converted.equal(stored.to(dtype))) << weight.sizes();
    EXPECT_TRUE(
        converted.is_contiguous(weight.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous));
  }

  WeightConversion conversion_{std::get<1>(GetParam())};
};

TEST_P(ConvertedWeight, OfALinear) {
  for (const std::int64_t outputs : {1, 63, 400}) expect_same_numbers(random({outputs, 123}));
}

TEST_P(ConvertedWeight, OfALinearWithGaps) {
  expect_same_numbers(random({70, 300}).narrow(1, 10, 257));
  expect_same_numbers(random({257, 70}).t());
}

TEST_P(ConvertedWeight, OfAConvolution) {
  expect_same_numbers(random({40, 60, 3, 3}));
  expect_same_numbers(random({40, 60, 1, 1}));
  expect_same_numbers(random({40, 60, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast));
}

TEST_P(ConvertedWeight, OfTheRowsOfSeveral) {
  for (const at::Tensor& weight : {random({70, 257}), random({40, 60, 3, 3}), random({257, 70}).t()}) {
    const at::Tensor stored = weight.to(std::get<0>(GetParam()));
    const std::vector<at::Tensor> parts{stored.narrow(0, 0, 7), stored.narrow(0, 7, 1),
                                        stored.narrow(0, 8, stored.size(0) - 8)};
    EXPECT_TRUE(conversion_.convert(parts).equal(stored.to(std::get<1>(GetParam())))) << weight.sizes();
  }
}

INSTANTIATE_TEST_SUITE_P(All, ConvertedWeight,
                         Combine(Values(at::kFloat, at::kHalf, at::kBFloat16), Values(at::kFloat, at::kBFloat16)));

// Every number there is in float16.
TEST(WeightConversionTest, RoundsAllOfFloat16AsTheLibraryDoes) {
  const at::Tensor bits = at::arange(1 << 16, at::kInt).to(at::kShort);
  const at::Tensor stored = bits.view(at::kHalf).view({256, 256});
  const at::Tensor converted = WeightConversion(at::kBFloat16).convert(stored);
  EXPECT_TRUE(at::allclose(converted, stored.to(at::kBFloat16), 0, 0, /*equal_nan=*/true));
}

}  // namespace
}  // namespace deepcache_gen
