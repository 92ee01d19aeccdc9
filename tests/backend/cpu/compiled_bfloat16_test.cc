#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "backend/cpu/compiled_module_fixture.h"
#include "backend/cpu/processor.h"

namespace deepcache_gen {
namespace {

class CompiledBfloat16Test : public CompiledModuleTest {
 protected:
  void SetUp() override {
    if (!processor_has_bfloat16()) GTEST_SKIP() << "this processor has no bfloat16";
  }

  // Against float32 on the same rounded numbers; every operator rounds its result to 8 bits.
  static void expect_close_to_float32(torch::jit::Module module, const Tensors& inputs, int roundings) {
    Tensors rounded, doubles;
    for (const at::Tensor& input : inputs) {
      rounded.push_back(input.to(at::kBFloat16));
      doubles.push_back(rounded.back().to(at::kFloat));
    }
    for (const at::Tensor& weight : module.parameters()) weight.copy_(weight.to(at::kBFloat16));
    const Tensors actual = compiled(module, at::kBFloat16)->run(rounded);
    EXPECT_EQ(actual.at(0).scalar_type(), at::kBFloat16);
    expect_close(actual, interpreted(module)->run(doubles), roundings * 0x1p-8);
  }
};

TEST_F(CompiledBfloat16Test, AddsAResidualToALinear) {
  const auto module =
      module_of("self, x, y): return torch.linear(x, self.weight, self.bias) + torch.relu(y)\n", linear_weights);
  expect_close_to_float32(module, {at::randn({2, 7, 32}), at::randn({2, 7, 48})}, 2);
}

TEST_F(CompiledBfloat16Test, AddsAResidualThatIsBroadcastToALinear) {
  const auto module =
      module_of("self, x, y): return torch.linear(x, self.weight, self.bias) + torch.relu(y)\n", linear_weights);
  for (const at::Tensor& other : {at::randn({48}), at::randn({2, 1, 48}), at::randn({3, 2, 7, 48}), at::randn({})}) {
    SCOPED_TRACE(testing::Message() << other.sizes());
    expect_close_to_float32(module, {at::randn({2, 7, 32}), other}, 2);
  }
}

TEST_F(CompiledBfloat16Test, GatesALinearByItsSecondHalf) {
  const auto module = module_of(
      "self, x):\n  value, gate = torch.chunk(torch.linear(x, self.weight, self.bias), 2, -1)\n"
      "  return value * torch.gelu(gate, approximate='none')\n",
      linear_weights);
  expect_close_to_float32(module, {at::randn({2, 7, 32})}, 4);
}

TEST_F(CompiledBfloat16Test, NormalizesAnImage) {
  const auto module = module_of(
      "self, x, t): return torch.silu(torch.group_norm(x + torch.unsqueeze(torch.unsqueeze(t, 2), 3), 4, self.weight, "
      "self.bias, 1e-5, True))\n",
      norm_weights);
  expect_close_to_float32(module, {at::randn({2, 24, 13, 17}), at::randn({2, 24})}, 2);
}

TEST_F(CompiledBfloat16Test, AddsAResidualToAConvolution) {
  const auto module =
      module_of("self, x, y): return torch.relu(y) + " + convolution("1, 1") + "\n", convolution_weights);
  expect_close_to_float32(module, {at::randn({2, 16, 13, 18}), at::randn({2, 24, 13, 18})}, 2);
}

TEST_F(CompiledBfloat16Test, AddsAnImageToALinearOfItsPixels) {
  const auto module = module_of(
      "self, x, y):\n  pixels = torch.linear(x, self.weight, self.bias).reshape([2, 13, 18, 48])\n"
      "  return pixels.permute([0, 3, 1, 2]) + torch.relu(y)\n",
      linear_weights);
  expect_close_to_float32(module, {at::randn({2, 13 * 18, 32}), at::randn({2, 48, 13, 18})}, 2);
}

TEST_F(CompiledBfloat16Test, Attends) {
  expect_close_to_float32(module_of("self, q, k, v):\n  return torch.scaled_dot_product_attention(q, k, v)\n", {}),
                          {at::randn({2, 3, 70, 16}), at::randn({2, 3, 77, 16}), at::randn({2, 3, 77, 16})}, 2);
}

}  // namespace
}  // namespace deepcache_gen
