#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cpu/compiled_module_fixture.h"

namespace deepcache_gen {
namespace {

using testing::Contains;
using testing::Not;

class CompiledLinearsTest : public CompiledModuleTest {};

TEST_F(CompiledLinearsTest, MultipliesByAWeight) {
  expect_same(module_of("self, x): return torch.linear(x, self.weight, self.bias)\n", linear_weights),
              {at::randn({2, 7, 32})});
  expect_same(module_of("self, x): return torch.linear(x, self.weight)\n", linear_weights), {at::randn({2, 7, 32})});
}

TEST_F(CompiledLinearsTest, MultipliesASingleRow) {
  expect_same(module_of("self, x): return torch.linear(x, self.weight, self.bias)\n", linear_weights),
              {at::randn({32})});
}

TEST_F(CompiledLinearsTest, MultipliesByAWeightThatIsComputed) {
  expect_same(module_of("self, x): return torch.linear(x, torch.t(self.weight) * 2)\n", linear_weights),
              {at::randn({2, 7, 48})});
  expect_same(module_of("self, x, scale): return torch.linear(x, self.weight * scale)\n", linear_weights),
              {at::randn({2, 7, 32}), at::randn({1})});
}

TEST_F(CompiledLinearsTest, AddsAResidualToALinear) {
  for (const char* sum : {"product + y", "y + product"}) {
    const auto module = module_of(
        "self, x, y):\n  product = torch.linear(x, self.weight, self.bias)\n  return " + std::string(sum) + "\n",
        linear_weights);
    EXPECT_THAT(operators_of(module), Contains("deepcache_gen::linear_add"));
    expect_same(module, {at::randn({2, 7, 32}), at::randn({2, 7, 48})});
  }
}

TEST_F(CompiledLinearsTest, AddsAComputedResidualToALinear) {
  const auto module =
      module_of("self, x, y): return torch.linear(x, self.weight, self.bias) + torch.linear(y, self.other) * 2\n",
                {linear_weights[0], linear_weights[1], {"other", at::randn({48, 16})}});
  expect_same(module, {at::randn({2, 7, 32}), at::randn({2, 7, 16})});
}

TEST_F(CompiledLinearsTest, AddsAResidualThatIsBroadcastToALinear) {
  const auto module = module_of("self, x, y): return torch.linear(x, self.weight, self.bias) + y\n", linear_weights);
  for (const at::Tensor& other : {at::randn({48}), at::randn({1, 48}), at::randn({2, 1, 48}), at::randn({7, 1}),
                                  at::randn({1}), at::randn({3, 2, 7, 48}), at::randn({})}) {
    SCOPED_TRACE(testing::Message() << other.sizes());
    expect_same(module, {at::randn({2, 7, 32}), other});
  }
}

TEST_F(CompiledLinearsTest, BroadcastsALinearToItsResidual) {
  const auto module = module_of("self, x, y): return torch.linear(x, self.weight, self.bias) + y\n", linear_weights);
  expect_same(module, {at::randn({2, 1, 32}), at::randn({2, 7, 48})});
}

TEST_F(CompiledLinearsTest, AddsANumberToALinear) {
  const auto module = module_of("self, x): return torch.linear(x, self.weight, self.bias) + 1.5\n", linear_weights);
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledLinearsTest, AddsAWeightToALinear) {
  const auto module = module_of("self, x): return torch.linear(x, self.weight, self.bias) + self.positions\n",
                                {linear_weights[0], linear_weights[1], {"positions", at::randn({7, 48})}});
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledLinearsTest, MultipliesTheResidualWhereItIsTold) {
  const auto module =
      module_of("self, x, y): return torch.add(torch.linear(x, self.weight), y, alpha=2)\n", linear_weights);
  expect_same(module, {at::randn({2, 7, 32}), at::randn({2, 7, 48})});
}

TEST_F(CompiledLinearsTest, ReadsAProductTwice) {
  const auto module = module_of(
      "self, x, y):\n  product = torch.linear(x, self.weight, self.bias)\n  return torch.gelu(product, "
      "approximate='none') + (product + y)\n",
      linear_weights);
  expect_same(module, {at::randn({2, 7, 32}), at::randn({2, 7, 48})});
}

TEST_F(CompiledLinearsTest, MultipliesOnceForAllThatReadTheSameValue) {
  const Weights weights{{"q", at::randn({48, 32})}, {"k", at::randn({24, 32})}, {"v", at::randn({8, 32})}};
  const auto module = module_of(
      "self, x):\n  x = torch.relu(x)\n"
      "  return (torch.linear(x, self.q), torch.linear(x, self.k) * 2, torch.linear(x, self.v))\n",
      weights);
  EXPECT_EQ(operators_of(module).count("aten::linear"), 1u);
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledLinearsTest, SplitsTheMergedProductIntoHeads) {
  const Weights weights{{"q", at::randn({48, 32})}, {"k", at::randn({48, 32})}, {"v", at::randn({48, 32})}};
  const auto module = module_of(
      "self, x):\n"
      "  q = torch.linear(x, self.q).view([2, -1, 4, 12]).transpose(1, 2)\n"
      "  k = torch.linear(x, self.k).view([2, -1, 4, 12]).transpose(1, 2)\n"
      "  v = torch.linear(x, self.v).view([2, -1, 4, 12]).transpose(1, 2)\n"
      "  return torch.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape([2, -1, 48])\n",
      weights);
  EXPECT_EQ(operators_of(module).count("aten::linear"), 1u);
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledLinearsTest, MergesLinearsWithABiasAndLinearsWithout) {
  const Weights weights{{"q", at::randn({48, 32})}, {"k", at::randn({48, 32})},  {"v", at::randn({48, 32})},
                        {"w", at::randn({48, 32})}, {"bias_q", at::randn({48})}, {"bias_v", at::randn({48})}};
  const auto module = module_of(
      "self, x): return (torch.linear(x, self.q, self.bias_q), torch.linear(x, self.k), "
      "torch.linear(x, self.v, self.bias_v), torch.linear(x, self.w))\n",
      weights);
  EXPECT_EQ(operators_of(module).count("aten::linear"), 2u);
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledLinearsTest, MergesLinearsWhoseResultsAreReadInBetween) {
  const Weights weights{{"q", at::randn({48, 32})}, {"k", at::randn({48, 32})}};
  const auto module = module_of(
      "self, x):\n"
      "  first = torch.relu(x)\n"
      "  second = torch.relu(x)\n"
      "  k = torch.tanh(torch.linear(second, self.k))\n"
      "  return torch.linear(first, self.q) * k\n",
      weights);
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledLinearsTest, MergesLinearsWithAWeightThatIsComputed) {
  const Weights weights{{"q", at::randn({48, 32})}, {"k", at::randn({48, 32})}};
  const auto module = module_of(
      "self, x): return torch.linear(x, self.q) * torch.tanh(torch.linear(x, self.k * 2)) + x.sum()\n", weights);
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledLinearsTest, MultipliesTwiceByTheSameWeight) {
  const auto module = module_of(
      "self, x, y): return torch.linear(x, self.weight) * torch.linear(y, self.weight, self.bias)\n", linear_weights);
  expect_same(module, {at::randn({2, 7, 32}), at::randn({2, 7, 32})});
}

TEST_F(CompiledLinearsTest, AppliesTheGeluOfALinear) {
  const auto module = module_of(
      "self, x): return torch.gelu(torch.linear(x, self.weight, self.bias), approximate='none')\n", linear_weights);
  EXPECT_THAT(operators_of(module), Contains("deepcache_gen::linear_gelu"));
  EXPECT_THAT(operators_of(module), Not(Contains("aten::gelu")));
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledLinearsTest, AppliesAnotherGelu) {
  const auto module = module_of(
      "self, x): return torch.gelu(torch.linear(x, self.weight, self.bias), approximate='tanh')\n", linear_weights);
  EXPECT_THAT(operators_of(module), Contains("aten::gelu"));
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledLinearsTest, GatesALinearByItsSecondHalf) {
  const auto module = module_of(
      "self, x):\n  value, gate = torch.chunk(torch.linear(x, self.weight, self.bias), 2, -1)\n"
      "  return value * torch.gelu(gate, approximate='none')\n",
      linear_weights);
  EXPECT_THAT(operators_of(module), Contains("deepcache_gen::geglu"));
  EXPECT_THAT(operators_of(module), Not(Contains("aten::gelu")));
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledLinearsTest, GatesALinearInOtherWays) {
  const std::string chunk = "self, x):\n  value, gate = torch.chunk(torch.linear(x, self.weight, self.bias), 2, ";
  for (const char* rest : {"-1)\n  return gate * torch.gelu(value, approximate='none')\n",
                           "-1)\n  return torch.gelu(gate, approximate='none') * value\n",
                           "-1)\n  return value * torch.gelu(gate, approximate='tanh')\n",
                           "-1)\n  return value * torch.gelu(gate, approximate='none') + gate\n",
                           "0)\n  return value * torch.gelu(gate, approximate='none')\n"}) {
    SCOPED_TRACE(rest);
    expect_same(module_of(chunk + rest, linear_weights), {at::randn({2, 7, 32})});
  }
}

TEST_F(CompiledLinearsTest, AddsANumberToEveryRowsProductWithAVector) {
  const auto module =
      module_of("self, x, y): return torch.linear(x, self.weight, None) + y\n", {{"weight", at::randn({16})}});
  expect_same(module, {at::randn({5, 16}), at::randn({5})});
}

// How a transformer of pixels ends.
TEST_F(CompiledLinearsTest, AddsAnImageToALinearOfItsPixels) {
  const auto module = module_of(
      "self, x, y):\n  pixels = torch.linear(x, self.weight, self.bias).reshape([2, 13, 18, 48])\n"
      "  return pixels.permute([0, 3, 1, 2]) + y\n",
      linear_weights);
  EXPECT_THAT(operators_of(module), Contains("deepcache_gen::linear_add_image"));
  expect_same(module, {at::randn({2, 13 * 18, 32}), at::randn({2, 48, 13, 18})});
}

TEST_F(CompiledLinearsTest, AddsAnImageThatIsBroadcastToALinearOfItsPixels) {
  const auto module = module_of(
      "self, x, y):\n  pixels = torch.linear(x, self.weight, self.bias).reshape([2, 13, 18, 48])\n"
      "  return pixels.permute([0, 3, 1, 2]) + y\n",
      linear_weights);
  for (const at::Tensor& other : {at::randn({2, 48, 1, 1}), at::randn({1, 48, 13, 18}), at::randn({2, 48, 13, 1}),
                                  at::randn({2, 48, 1, 18}), at::randn({48, 1, 1}), at::randn({1})}) {
    SCOPED_TRACE(testing::Message() << other.sizes());
    expect_same(module, {at::randn({2, 13 * 18, 32}), other});
  }
}

}  // namespace
}  // namespace deepcache_gen
