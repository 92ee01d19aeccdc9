#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cpu/compiled_module_fixture.h"

namespace deepcache_gen {
namespace {

using testing::Contains;
using testing::Not;

class CompiledImagesTest : public CompiledModuleTest {};

TEST_F(CompiledImagesTest, NormalizesAnImage) {
  const auto module = module_of(
      "self, x, t): return torch.silu(torch.group_norm(x + torch.unsqueeze(torch.unsqueeze(t, 2), 3), 4, self.weight, "
      "self.bias, 1e-5, True))\n",
      norm_weights);
  EXPECT_THAT(operators_of(module), Contains("deepcache_gen::group_norm"));
  for (const char* replaced : {"aten::group_norm", "aten::silu", "aten::add"}) {
    EXPECT_THAT(operators_of(module), Not(Contains(replaced)));
  }
  expect_same(module, {at::randn({2, 24, 13, 17}), at::randn({2, 24})});
}

TEST_F(CompiledImagesTest, NormalizesASumOfTwoImages) {
  const auto module =
      module_of("self, x, y): return torch.group_norm(x + y, 4, self.weight, self.bias, 1e-5, True)\n", norm_weights);
  expect_same(module, {at::randn({2, 24, 13, 17}), at::randn({2, 24, 13, 17})});
}

TEST_F(CompiledImagesTest, NormalizesASumWithAnyUnsqueezedTensor) {
  const auto module = module_of(
      "self, x, y): return torch.group_norm(x + torch.unsqueeze(y, 0), 4, self.weight, self.bias, 1e-5, True)\n",
      norm_weights);
  expect_same(module, {at::randn({2, 24, 13, 17}), at::randn({24, 13, 17})});
  expect_same(module, {at::randn({2, 24, 17}), at::randn({24, 1})});
}

TEST_F(CompiledImagesTest, NormalizesRowsOfPixelsWithASumPerChannel) {
  const auto module = module_of(
      "self, x, t): return torch.group_norm(x + torch.unsqueeze(t, 2), 4, self.weight, self.bias, 1e-5, True)\n",
      norm_weights);
  expect_same(module, {at::randn({2, 24, 17}), at::randn({2, 24})});
}

TEST_F(CompiledImagesTest, NormalizesWithoutWeights) {
  const auto module = module_of("self, x): return torch.silu(torch.group_norm(x, 4))\n", {});
  expect_same(module, {at::randn({2, 24, 13, 17})});
}

TEST_F(CompiledImagesTest, ReadsANormalizedImageTwice) {
  const auto module = module_of(
      "self, x):\n  normal = torch.group_norm(x, 4, self.weight, self.bias, 1e-5, True)\n"
      "  return torch.silu(normal) + normal\n",
      norm_weights);
  expect_same(module, {at::randn({2, 24, 13, 17})});
}

TEST_F(CompiledImagesTest, ConvolvesAnImage) {
  expect_same(module_of("self, x): return " + convolution("1, 1") + "\n", convolution_weights),
              {at::randn({2, 16, 13, 18})});
  expect_same(module_of("self, x): return " + convolution("0, 0") + "\n", pixel_weights), {at::randn({2, 16, 13, 18})});
}

TEST_F(CompiledImagesTest, ConvolvesWithTheOrdinaryOperator) {
  const auto module = module_of("self, x): return torch.conv2d(x, self.weight, self.bias, [1, 1], [1, 1], [1, 1], 1)\n",
                                convolution_weights);
  expect_same(module, {at::randn({2, 16, 13, 18})});
}

TEST_F(CompiledImagesTest, ConvolvesTransposed) {
  const auto module = module_of(
      "self, x): return torch._convolution(x, self.weight, None, [1, 1], [1, 1], [1, 1], True, [0, 0], 1, False, "
      "False, True, True)\n",
      {{"weight", at::randn({16, 16, 3, 3})}});
  expect_same(module, {at::randn({2, 16, 13, 18})});
}

TEST_F(CompiledImagesTest, ConvolvesALine) {
  const auto module = module_of(
      "self, x): return torch._convolution(x, self.weight, None, [1], [1], [1], False, [0], 1, False, False, True, "
      "True)\n",
      {{"weight", at::randn({24, 16, 3})}});
  expect_same(module, {at::randn({2, 16, 13})});
}

TEST_F(CompiledImagesTest, AddsAResidualToAConvolvedLine) {
  const auto module = module_of(
      "self, x, y): return torch._convolution(x, self.weight, None, [1], [1], [1], False, [0], 1, False, False, True, "
      "True) + y\n",
      {{"weight", at::randn({24, 16, 3})}});
  expect_same(module, {at::randn({2, 16, 13}), at::randn({2, 24, 13})});
}

TEST_F(CompiledImagesTest, AddsAResidualToAConvolution) {
  for (const std::string& forward : {convolution("1, 1") + " + y", "y + " + convolution("1, 1")}) {
    const auto module = module_of("self, x, y): return " + forward + "\n", convolution_weights);
    EXPECT_THAT(operators_of(module), Contains("deepcache_gen::convolution_add"));
    expect_same(module, {at::randn({2, 16, 13, 18}), at::randn({2, 24, 13, 18})});
  }
}

TEST_F(CompiledImagesTest, AddsAResidualToAConvolutionOfOnePixel) {
  const auto module = module_of("self, x, y): return " + convolution("0, 0") + " + y\n", pixel_weights);
  expect_same(module, {at::randn({2, 16, 13, 18}), at::randn({2, 24, 13, 18})});
}

TEST_F(CompiledImagesTest, AddsAComputedResidualToAConvolution) {
  const auto module =
      module_of("self, x, y): return torch.relu(y) + " + convolution("1, 1") + "\n", convolution_weights);
  expect_same(module, {at::randn({2, 16, 13, 18}), at::randn({2, 24, 13, 18})});
}

TEST_F(CompiledImagesTest, LeavesAResidualAloneThatIsReadLater) {
  const auto module = module_of(
      "self, x, y):\n  residual = torch.relu(y)\n  return (residual + " + convolution("1, 1") + ", residual)\n",
      convolution_weights);
  expect_same(module, {at::randn({2, 16, 13, 18}), at::randn({2, 24, 13, 18})});
}

TEST_F(CompiledImagesTest, LeavesItsInputsAlone) {
  const at::Tensor x = at::randn({2, 16, 13, 18}).contiguous(at::MemoryFormat::ChannelsLast), x_before = x.clone();
  const at::Tensor y = at::randn({2, 24, 13, 18}).contiguous(at::MemoryFormat::ChannelsLast), y_before = y.clone();
  compiled(module_of("self, x, y): return y + " + convolution("1, 1") + "\n", convolution_weights))->run({x, y});
  EXPECT_TRUE(x.equal(x_before));
  EXPECT_TRUE(y.equal(y_before));
}

TEST_F(CompiledImagesTest, AddsAResidualThatIsBroadcastToAConvolution) {
  for (const auto& [padding, weights] : {std::pair{"1, 1", convolution_weights}, {"0, 0", pixel_weights}}) {
    const auto module = module_of("self, x, y): return " + convolution(padding) + " + torch.relu(y)\n", weights);
    for (const at::Tensor& other :
         {at::randn({2, 24, 1, 1}), at::randn({1, 24, 13, 18}), at::randn({24, 1, 1}), at::randn({1})}) {
      SCOPED_TRACE(testing::Message() << "padding " << padding << ", " << other.sizes());
      expect_same(module, {at::randn({2, 16, 13, 18}), other});
    }
  }
}

TEST_F(CompiledImagesTest, AddsANumberToAConvolution) {
  const auto module = module_of("self, x): return " + convolution("1, 1") + " + 1\n", convolution_weights);
  expect_same(module, {at::randn({2, 16, 13, 18})});
}

}  // namespace
}  // namespace deepcache_gen
