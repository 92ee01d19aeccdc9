#include "backend/cpu/convolution_weight.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "backend/cpu/library_operator.h"
#include "backend/cpu/same_geometry.h"

namespace deepcache_gen {
namespace {

// Sizes for which oneDNN wants different layouts of this weight, at least on processors with AVX2 and no more.
const std::vector<std::vector<std::int64_t>> kInputs{{1, 320, 32, 32}, {2, 320, 32, 32}, {8, 320, 48, 48}};
at::Tensor random_weight() {
  at::manual_seed(1);
  return at::randn({320, 320, 3, 3});
}

ConvolutionWeight make(const at::Tensor& weight, at::ScalarType dtype = at::kFloat) {
  return {weight, WeightConversion(dtype), kSame};
}

std::string layout(const at::Tensor& packed) {
  static const auto describe =
      find_library_operator<at::Tensor(const at::Tensor&)>("mkldnn::_get_mkldnn_serialized_md");
  const at::Tensor bytes = describe.call(packed);
  return {static_cast<const char*>(bytes.const_data_ptr()), static_cast<std::size_t>(bytes.nbytes())};
}

TEST(ConvolutionWeightTest, HasTheLayoutThatEachInputWants) {
  const at::Tensor weight = random_weight();
  ConvolutionWeight used_for_many = make(weight);
  for (int round = 0; round < 2; ++round) {
    for (const auto& input : kInputs) {
      ConvolutionWeight fresh = make(weight);
      const at::Tensor packed = used_for_many.packed_for(input);
      EXPECT_EQ(layout(packed), layout(fresh.packed_for(input))) << at::IntArrayRef(input);
      EXPECT_TRUE(packed.to_dense().equal(weight));
    }
  }
}

TEST(ConvolutionWeightTest, IsPackedAgainOnlyForAnotherLayout) {
  ConvolutionWeight weight = make(random_weight());
  for (const auto& input : kInputs) {
    const at::Tensor before = weight.packed_for(kInputs[0]), packed = weight.packed_for(input);
    EXPECT_EQ(packed.is_same(before), layout(packed) == layout(before)) << at::IntArrayRef(input);
  }
}

TEST(ConvolutionWeightTest, SharesWhatIsLearnedOfLayoutsWithWeightsOfOtherNumbers) {
  const WeightConversion conversion(at::kFloat);
  const at::Tensor weight = random_weight();
  ConvolutionWeight first(weight, conversion, kSame), second(weight + 1, conversion, kSame);
  for (const auto& input : kInputs) {
    const std::string wanted = layout(first.packed_for(input));
    const at::Tensor packed = second.packed_for(input);
    EXPECT_EQ(layout(packed), wanted) << at::IntArrayRef(input);
    EXPECT_TRUE(packed.to_dense().equal(weight + 1));
  }
}

TEST(ConvolutionWeightTest, KeepsApartWhatIsLearnedForOtherShapes) {
  const WeightConversion conversion(at::kFloat);
  const at::Tensor wide = random_weight(), narrow = wide.narrow(0, 0, 4).contiguous();
  const ConvolutionGeometry strided{.stride = {2, 2}, .padding = {1, 1}, .dilation = {1, 1}, .groups = 1};
  ConvolutionWeight all[] = {{wide, conversion, kSame}, {narrow, conversion, kSame}, {wide, conversion, strided}};
  ConvolutionWeight alone[] = {make(wide), make(narrow), {wide, WeightConversion(at::kFloat), strided}};
  for (const auto& input : kInputs) {
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(layout(all[i].packed_for(input)), layout(alone[i].packed_for(input))) << i << at::IntArrayRef(input);
    }
  }
}

TEST(ConvolutionWeightTest, IsTheSameBeforeAndAfterPacking) {
  const at::Tensor halves = random_weight().to(at::kHalf);
  ConvolutionWeight weight = make(halves);
  EXPECT_TRUE(weight.plain().equal(halves.to(at::kFloat)));
  weight.packed_for(kInputs[0]);
  EXPECT_TRUE(weight.plain().equal(halves.to(at::kFloat)));
}

TEST(ConvolutionWeightTest, LetsGoOfWhatItWasMadeOf) {
  const at::Tensor original = random_weight();
  ConvolutionWeight weight = make(original);
  EXPECT_EQ(original.use_count(), 2);
  weight.packed_for(kInputs[0]);
  EXPECT_EQ(original.use_count(), 1);
}

}  // namespace
}  // namespace deepcache_gen
