#include "backend/cpu/compiled_module.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backend/cpu/fusions.h"
#include "backend/cpu/merged_linears.h"
#include "backend/cpu/processor.h"
#include "backend/cpu/straight_line_graph.h"
#include "backend/relative_difference.h"
#include "backend/script_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

using Tensors = std::vector<at::Tensor>;
using Weights = std::vector<std::pair<std::string, at::Tensor>>;

// A module with those weights, which takes and returns what `forward` says.
torch::jit::Module module_of(const std::string& forward, const Weights& weights) {
  torch::jit::Module module("tested");
  module.register_attribute("training", c10::BoolType::get(), false);
  for (const auto& [name, weight] : weights) module.register_parameter(name, weight, false);
  module.define("def forward(" + forward);
  return module;
}

std::unique_ptr<Module> compiled(const torch::jit::Module& module, at::ScalarType dtype = at::kFloat,
                                 std::optional<std::size_t> held_input = {}) {
  WeightConversion weights(dtype);
  return compile_module(module.deepcopy(), weights, "tested", held_input);
}

std::unique_ptr<Module> interpreted(const torch::jit::Module& module, at::ScalarType dtype = at::kFloat) {
  return interpret_module(module.deepcopy(), {c10::kCPU, dtype}, "tested");
}

void expect_close(const Tensors& actual, const Tensors& expected, double tolerance) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_LE(relative_difference(actual[i], expected[i]), tolerance) << "output " << i;
  }
}

// Runs the module compiled and interpreted.
void expect_same(const torch::jit::Module& module, const Tensors& inputs) {
  const auto tested = compiled(module);
  ASSERT_NE(tested, nullptr);
  const Tensors expected = interpreted(module)->run(inputs);
  for (int run = 0; run < 2; ++run) expect_close(tested->run(inputs), expected, kFloatTolerance);
}

// The kinds of operators that are left to run.
std::multiset<std::string> operators_of(const torch::jit::Module& module) {
  std::shared_ptr<torch::jit::Graph> graph = take_straight_line_graph(module.deepcopy());
  merge_linears(*graph);
  fuse_operators(graph);
  std::multiset<std::string> kinds;
  for (const torch::jit::Node* node : graph->nodes()) kinds.insert(node->kind().toQualString());
  return kinds;
}

class CompiledModule : public testing::Test {
 protected:
  CompiledModule() { at::manual_seed(1); }

  const Weights linear_weights{{"weight", at::randn({48, 32})}, {"bias", at::randn({48})}};
  const Weights norm_weights{{"weight", at::randn({24}) + 2}, {"bias", at::randn({24})}};
  const Weights convolution_weights{{"weight", at::randn({24, 16, 3, 3})}, {"bias", at::randn({24})}};
  const Weights pixel_weights{{"weight", at::randn({24, 16, 1, 1})}, {"bias", at::randn({24})}};
};

std::string convolution(const std::string& padding) {
  return "torch._convolution(x, self.weight, self.bias, [1, 1], [" + padding +
         "], [1, 1], False, [0, 0], 1, False, "
         "False, True, True)";
}

TEST_F(CompiledModule, MultipliesByAWeight) {
  expect_same(module_of("self, x): return torch.linear(x, self.weight, self.bias)\n", linear_weights),
              {at::randn({2, 7, 32})});
  expect_same(module_of("self, x): return torch.linear(x, self.weight)\n", linear_weights), {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, MultipliesASingleRow) {
  expect_same(module_of("self, x): return torch.linear(x, self.weight, self.bias)\n", linear_weights),
              {at::randn({32})});
}

TEST_F(CompiledModule, MultipliesByAWeightThatIsComputed) {
  expect_same(module_of("self, x): return torch.linear(x, torch.t(self.weight) * 2)\n", linear_weights),
              {at::randn({2, 7, 48})});
  expect_same(module_of("self, x, scale): return torch.linear(x, self.weight * scale)\n", linear_weights),
              {at::randn({2, 7, 32}), at::randn({1})});
}

TEST_F(CompiledModule, AddsAResidualToALinear) {
  for (const char* sum : {"product + y", "y + product"}) {
    const auto module = module_of(
        "self, x, y):\n  product = torch.linear(x, self.weight, self.bias)\n  return " + std::string(sum) + "\n",
        linear_weights);
    EXPECT_THAT(operators_of(module), Contains("deepcache_gen::linear_add"));
    expect_same(module, {at::randn({2, 7, 32}), at::randn({2, 7, 48})});
  }
}

TEST_F(CompiledModule, AddsAComputedResidualToALinear) {
  const auto module =
      module_of("self, x, y): return torch.linear(x, self.weight, self.bias) + torch.linear(y, self.other) * 2\n",
                {linear_weights[0], linear_weights[1], {"other", at::randn({48, 16})}});
  expect_same(module, {at::randn({2, 7, 32}), at::randn({2, 7, 16})});
}

TEST_F(CompiledModule, AddsAResidualThatIsBroadcastToALinear) {
  const auto module = module_of("self, x, y): return torch.linear(x, self.weight, self.bias) + y\n", linear_weights);
  for (const at::Tensor& other : {at::randn({48}), at::randn({1, 48}), at::randn({2, 1, 48}), at::randn({7, 1}),
                                  at::randn({1}), at::randn({3, 2, 7, 48}), at::randn({})}) {
    SCOPED_TRACE(testing::Message() << other.sizes());
    expect_same(module, {at::randn({2, 7, 32}), other});
  }
}

TEST_F(CompiledModule, BroadcastsALinearToItsResidual) {
  const auto module = module_of("self, x, y): return torch.linear(x, self.weight, self.bias) + y\n", linear_weights);
  expect_same(module, {at::randn({2, 1, 32}), at::randn({2, 7, 48})});
}

TEST_F(CompiledModule, AddsANumberToALinear) {
  const auto module = module_of("self, x): return torch.linear(x, self.weight, self.bias) + 1.5\n", linear_weights);
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, AddsAWeightToALinear) {
  const auto module = module_of("self, x): return torch.linear(x, self.weight, self.bias) + self.positions\n",
                                {linear_weights[0], linear_weights[1], {"positions", at::randn({7, 48})}});
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, MultipliesTheResidualWhereItIsTold) {
  const auto module =
      module_of("self, x, y): return torch.add(torch.linear(x, self.weight), y, alpha=2)\n", linear_weights);
  expect_same(module, {at::randn({2, 7, 32}), at::randn({2, 7, 48})});
}

TEST_F(CompiledModule, ReadsAProductTwice) {
  const auto module = module_of(
      "self, x, y):\n  product = torch.linear(x, self.weight, self.bias)\n  return torch.gelu(product, "
      "approximate='none') + (product + y)\n",
      linear_weights);
  expect_same(module, {at::randn({2, 7, 32}), at::randn({2, 7, 48})});
}

TEST_F(CompiledModule, MultipliesOnceForAllThatReadTheSameValue) {
  const Weights weights{{"q", at::randn({48, 32})}, {"k", at::randn({24, 32})}, {"v", at::randn({8, 32})}};
  const auto module = module_of(
      "self, x):\n  x = torch.relu(x)\n"
      "  return (torch.linear(x, self.q), torch.linear(x, self.k) * 2, torch.linear(x, self.v))\n",
      weights);
  EXPECT_EQ(operators_of(module).count("aten::linear"), 1u);
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, SplitsTheMergedProductIntoHeads) {
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

TEST_F(CompiledModule, MergesLinearsWithABiasAndLinearsWithout) {
  const Weights weights{{"q", at::randn({48, 32})}, {"k", at::randn({48, 32})},  {"v", at::randn({48, 32})},
                        {"w", at::randn({48, 32})}, {"bias_q", at::randn({48})}, {"bias_v", at::randn({48})}};
  const auto module = module_of(
      "self, x): return (torch.linear(x, self.q, self.bias_q), torch.linear(x, self.k), "
      "torch.linear(x, self.v, self.bias_v), torch.linear(x, self.w))\n",
      weights);
  EXPECT_EQ(operators_of(module).count("aten::linear"), 2u);
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, MergesLinearsWhoseResultsAreReadInBetween) {
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

TEST_F(CompiledModule, MergesLinearsWithAWeightThatIsComputed) {
  const Weights weights{{"q", at::randn({48, 32})}, {"k", at::randn({48, 32})}};
  const auto module = module_of(
      "self, x): return torch.linear(x, self.q) * torch.tanh(torch.linear(x, self.k * 2)) + x.sum()\n", weights);
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, MultipliesTwiceByTheSameWeight) {
  const auto module = module_of(
      "self, x, y): return torch.linear(x, self.weight) * torch.linear(y, self.weight, self.bias)\n", linear_weights);
  expect_same(module, {at::randn({2, 7, 32}), at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, AppliesTheGeluOfALinear) {
  const auto module = module_of(
      "self, x): return torch.gelu(torch.linear(x, self.weight, self.bias), approximate='none')\n", linear_weights);
  EXPECT_THAT(operators_of(module), Contains("deepcache_gen::linear_gelu"));
  EXPECT_THAT(operators_of(module), Not(Contains("aten::gelu")));
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, AppliesAnotherGelu) {
  const auto module = module_of(
      "self, x): return torch.gelu(torch.linear(x, self.weight, self.bias), approximate='tanh')\n", linear_weights);
  EXPECT_THAT(operators_of(module), Contains("aten::gelu"));
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, GatesALinearByItsSecondHalf) {
  const auto module = module_of(
      "self, x):\n  value, gate = torch.chunk(torch.linear(x, self.weight, self.bias), 2, -1)\n"
      "  return value * torch.gelu(gate, approximate='none')\n",
      linear_weights);
  EXPECT_THAT(operators_of(module), Contains("deepcache_gen::geglu"));
  EXPECT_THAT(operators_of(module), Not(Contains("aten::gelu")));
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, GatesALinearInOtherWays) {
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

TEST_F(CompiledModule, NormalizesAnImage) {
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

TEST_F(CompiledModule, NormalizesASumOfTwoImages) {
  const auto module =
      module_of("self, x, y): return torch.group_norm(x + y, 4, self.weight, self.bias, 1e-5, True)\n", norm_weights);
  expect_same(module, {at::randn({2, 24, 13, 17}), at::randn({2, 24, 13, 17})});
}

TEST_F(CompiledModule, NormalizesASumWithAnyUnsqueezedTensor) {
  const auto module = module_of(
      "self, x, y): return torch.group_norm(x + torch.unsqueeze(y, 0), 4, self.weight, self.bias, 1e-5, True)\n",
      norm_weights);
  expect_same(module, {at::randn({2, 24, 13, 17}), at::randn({24, 13, 17})});
  expect_same(module, {at::randn({2, 24, 17}), at::randn({24, 1})});
}

TEST_F(CompiledModule, NormalizesRowsOfPixelsWithASumPerChannel) {
  const auto module = module_of(
      "self, x, t): return torch.group_norm(x + torch.unsqueeze(t, 2), 4, self.weight, self.bias, 1e-5, True)\n",
      norm_weights);
  expect_same(module, {at::randn({2, 24, 17}), at::randn({2, 24})});
}

TEST_F(CompiledModule, NormalizesWithoutWeights) {
  const auto module = module_of("self, x): return torch.silu(torch.group_norm(x, 4))\n", {});
  expect_same(module, {at::randn({2, 24, 13, 17})});
}

TEST_F(CompiledModule, ReadsANormalizedImageTwice) {
  const auto module = module_of(
      "self, x):\n  normal = torch.group_norm(x, 4, self.weight, self.bias, 1e-5, True)\n"
      "  return torch.silu(normal) + normal\n",
      norm_weights);
  expect_same(module, {at::randn({2, 24, 13, 17})});
}

TEST_F(CompiledModule, ConvolvesAnImage) {
  expect_same(module_of("self, x): return " + convolution("1, 1") + "\n", convolution_weights),
              {at::randn({2, 16, 13, 18})});
  expect_same(module_of("self, x): return " + convolution("0, 0") + "\n", pixel_weights), {at::randn({2, 16, 13, 18})});
}

TEST_F(CompiledModule, ConvolvesWithTheOrdinaryOperator) {
  const auto module = module_of("self, x): return torch.conv2d(x, self.weight, self.bias, [1, 1], [1, 1], [1, 1], 1)\n",
                                convolution_weights);
  expect_same(module, {at::randn({2, 16, 13, 18})});
}

TEST_F(CompiledModule, ConvolvesTransposed) {
  const auto module = module_of(
      "self, x): return torch._convolution(x, self.weight, None, [1, 1], [1, 1], [1, 1], True, [0, 0], 1, False, "
      "False, True, True)\n",
      {{"weight", at::randn({16, 16, 3, 3})}});
  expect_same(module, {at::randn({2, 16, 13, 18})});
}

TEST_F(CompiledModule, ConvolvesALine) {
  const auto module = module_of(
      "self, x): return torch._convolution(x, self.weight, None, [1], [1], [1], False, [0], 1, False, False, True, "
      "True)\n",
      {{"weight", at::randn({24, 16, 3})}});
  expect_same(module, {at::randn({2, 16, 13})});
}

TEST_F(CompiledModule, AddsAResidualToAConvolvedLine) {
  const auto module = module_of(
      "self, x, y): return torch._convolution(x, self.weight, None, [1], [1], [1], False, [0], 1, False, False, True, "
      "True) + y\n",
      {{"weight", at::randn({24, 16, 3})}});
  expect_same(module, {at::randn({2, 16, 13}), at::randn({2, 24, 13})});
}

TEST_F(CompiledModule, AddsANumberToEveryRowsProductWithAVector) {
  const auto module =
      module_of("self, x, y): return torch.linear(x, self.weight, None) + y\n", {{"weight", at::randn({16})}});
  expect_same(module, {at::randn({5, 16}), at::randn({5})});
}

TEST_F(CompiledModule, AddsAResidualToAConvolution) {
  for (const std::string& forward : {convolution("1, 1") + " + y", "y + " + convolution("1, 1")}) {
    const auto module = module_of("self, x, y): return " + forward + "\n", convolution_weights);
    EXPECT_THAT(operators_of(module), Contains("deepcache_gen::convolution_add"));
    expect_same(module, {at::randn({2, 16, 13, 18}), at::randn({2, 24, 13, 18})});
  }
}

TEST_F(CompiledModule, AddsAResidualToAConvolutionOfOnePixel) {
  const auto module = module_of("self, x, y): return " + convolution("0, 0") + " + y\n", pixel_weights);
  expect_same(module, {at::randn({2, 16, 13, 18}), at::randn({2, 24, 13, 18})});
}

TEST_F(CompiledModule, AddsAComputedResidualToAConvolution) {
  const auto module =
      module_of("self, x, y): return torch.relu(y) + " + convolution("1, 1") + "\n", convolution_weights);
  expect_same(module, {at::randn({2, 16, 13, 18}), at::randn({2, 24, 13, 18})});
}

TEST_F(CompiledModule, LeavesAResidualAloneThatIsReadLater) {
  const auto module = module_of(
      "self, x, y):\n  residual = torch.relu(y)\n  return (residual + " + convolution("1, 1") + ", residual)\n",
      convolution_weights);
  expect_same(module, {at::randn({2, 16, 13, 18}), at::randn({2, 24, 13, 18})});
}

TEST_F(CompiledModule, LeavesItsInputsAlone) {
  const at::Tensor x = at::randn({2, 16, 13, 18}).contiguous(at::MemoryFormat::ChannelsLast), x_before = x.clone();
  const at::Tensor y = at::randn({2, 24, 13, 18}).contiguous(at::MemoryFormat::ChannelsLast), y_before = y.clone();
  compiled(module_of("self, x, y): return y + " + convolution("1, 1") + "\n", convolution_weights))->run({x, y});
  EXPECT_TRUE(x.equal(x_before));
  EXPECT_TRUE(y.equal(y_before));
}

TEST_F(CompiledModule, AddsAResidualThatIsBroadcastToAConvolution) {
  for (const auto& [padding, weights] : {std::pair{"1, 1", convolution_weights}, {"0, 0", pixel_weights}}) {
    const auto module = module_of("self, x, y): return " + convolution(padding) + " + torch.relu(y)\n", weights);
    for (const at::Tensor& other :
         {at::randn({2, 24, 1, 1}), at::randn({1, 24, 13, 18}), at::randn({24, 1, 1}), at::randn({1})}) {
      SCOPED_TRACE(testing::Message() << "padding " << padding << ", " << other.sizes());
      expect_same(module, {at::randn({2, 16, 13, 18}), other});
    }
  }
}

TEST_F(CompiledModule, AddsANumberToAConvolution) {
  const auto module = module_of("self, x): return " + convolution("1, 1") + " + 1\n", convolution_weights);
  expect_same(module, {at::randn({2, 16, 13, 18})});
}

// How a transformer of pixels ends.
TEST_F(CompiledModule, AddsAnImageToALinearOfItsPixels) {
  const auto module = module_of(
      "self, x, y):\n  pixels = torch.linear(x, self.weight, self.bias).reshape([2, 13, 18, 48])\n"
      "  return pixels.permute([0, 3, 1, 2]) + y\n",
      linear_weights);
  EXPECT_THAT(operators_of(module), Contains("deepcache_gen::linear_add_image"));
  expect_same(module, {at::randn({2, 13 * 18, 32}), at::randn({2, 48, 13, 18})});
}

TEST_F(CompiledModule, AddsAnImageThatIsBroadcastToALinearOfItsPixels) {
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

TEST_F(CompiledModule, ViewsAPermutedImage) {
  const auto module = module_of("self, x): return x.permute([0, 2, 3, 1]).contiguous().view([2, 221, 24])\n", {});
  expect_same(module, {at::randn({2, 24, 13, 17})});
}

TEST_F(CompiledModule, ViewsPermutedHeads) {
  const auto module = module_of("self, x): return x.permute([0, 2, 1, 3]).contiguous().view([2, 13, 408])\n", {});
  expect_same(module, {at::randn({2, 24, 13, 17})});
}

TEST_F(CompiledModule, ReturnsATupleInOrder) {
  const auto module = module_of("self, x): return (x + 1, torch.linear(x, self.weight), x)\n", linear_weights);
  const at::Tensor input = at::randn({2, 7, 32});
  EXPECT_EQ(compiled(module)->run({input}).size(), 3u);
  expect_same(module, {input});
}

TEST_F(CompiledModule, CallsSubmodules) {
  const torch::jit::Module inner =
      module_of("self, x): return torch.linear(x, self.weight, self.bias)\n", linear_weights);
  torch::jit::Module outer("outer");
  outer.register_module("first", inner.deepcopy());
  outer.register_module("second", inner.deepcopy());
  outer.attr("second").toModule().attr("weight").toTensor().mul_(2);
  outer.define("def forward(self, x): return self.first.forward(x) * self.second.forward(x)\n");
  EXPECT_EQ(operators_of(outer).count("aten::linear"), 1u);
  expect_same(outer, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, CallsASubmoduleThatReturnsATuple) {
  const torch::jit::Module inner =
      module_of("self, x): return (torch.relu(x), torch.linear(x, self.weight))\n", linear_weights);
  torch::jit::Module outer("outer");
  outer.register_module("inner", inner);
  outer.define("def forward(self, x):\n  a, b = self.inner.forward(x)\n  return b + a.sum()\n");
  expect_same(outer, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, ConcatenatesAndSplits) {
  const auto module = module_of(
      "self, x, y):\n  both = torch.cat([x, y], 1)\n  first, second, third = torch.split(both, 16, 1)\n"
      "  return first + third * second.size(1)\n",
      {});
  expect_same(module, {at::randn({2, 24, 5, 7}), at::randn({2, 24, 5, 7})});
}

TEST_F(CompiledModule, KeepsIntegersAsTheyAre) {
  const auto module = module_of("self, x): return torch.embedding(self.weight, self.ids) + x\n",
                                {{"weight", at::randn({10, 32})}, {"ids", at::tensor({3, 1, 4, 1, 5})}});
  expect_same(module, {at::randn({2, 5, 32})});
  const at::Tensor output = compiled(module, at::kBFloat16)->run({at::zeros({5, 32}, at::kBFloat16)}).at(0);
  EXPECT_EQ(output.scalar_type(), at::kBFloat16);
}

TEST_F(CompiledModule, DropsNothingOutsideTraining) {
  const auto module = module_of(
      "self, x): return torch.dropout(torch.linear(x, self.weight, self.bias), 0.5, self.training)\n", linear_weights);
  EXPECT_THAT(operators_of(module), Not(Contains("aten::dropout")));
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, DropsHalfInTraining) {
  torch::jit::Module module = module_of("self, x): return torch.dropout(x, 0.5, True)\n", {});
  const at::Tensor output = compiled(module)->run({at::ones({1000})}).at(0);
  EXPECT_GT(output.eq(0).sum().item<int>(), 300);
  EXPECT_GT(output.eq(2).sum().item<int>(), 300);
}

TEST_F(CompiledModule, ConvertsWeightsThatAreStoredInHalfPrecision) {
  Weights halves = linear_weights;
  for (auto& [name, weight] : halves) weight = weight.to(at::kHalf);
  const auto module = module_of("self, x): return torch.linear(x, self.weight, self.bias) * self.scale\n",
                                {halves[0], halves[1], {"scale", at::randn({48}).to(at::kHalf)}});
  const at::Tensor input = at::randn({2, 7, 32});
  EXPECT_EQ(compiled(module)->run({input}).at(0).scalar_type(), at::kFloat);
  expect_same(module, {input});
}

TEST_F(CompiledModule, TakesTheWeightsOutOfTheModule) {
  const auto module = module_of("self, x): return torch.linear(x, self.weight, self.bias)\n", linear_weights);
  const at::Tensor input = at::randn({2, 7, 32});
  const Tensors expected = interpreted(module)->run({input});
  WeightConversion weights(at::kFloat);
  const auto tested = compile_module(module, weights, "tested", {});
  EXPECT_EQ(module.attr("weight").toTensor().numel(), 0);
  expect_close(tested->run({input}), expected, kFloatTolerance);
}

TEST_F(CompiledModule, LeavesAModuleWithControlFlowAsItWas) {
  const auto module = module_of(
      "self, x):\n  y = torch.linear(x, self.weight, self.bias)\n  if bool(x.sum() > 0):\n    y = -y\n  return y\n",
      linear_weights);
  const at::Tensor input = at::ones({2, 32});
  WeightConversion weights(at::kFloat);
  EXPECT_EQ(compile_module(module, weights, "tested", {}), nullptr);
  const at::Tensor expected = -at::linear(input, linear_weights[0].second, linear_weights[1].second);
  expect_close(interpreted(module)->run({input}), {expected}, kFloatTolerance);
}

TEST_F(CompiledModule, DecidesBeforehandWhatDependsOnNoInput) {
  const auto module = module_of(
      "self, x):\n  y = torch.linear(x, self.weight, self.bias)\n  if self.training:\n    y = -y\n  return y\n",
      linear_weights);
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModule, NamesItselfWhereInputsDoNotFit) {
  const auto tested = compiled(module_of("self, x): return torch.linear(x, self.weight)\n", linear_weights));
  EXPECT_THAT([&] { tested->run({}); }, ThrowsMessage<Error>(HasSubstr("tested: ")));
  EXPECT_THAT([&] { tested->run({at::randn({2, 7, 33})}); }, ThrowsMessage<Error>(HasSubstr("tested: ")));
}

TEST_F(CompiledModule, FollowsAHeldInputFromTensorToTensor) {
  const auto module = module_of(
      "self, x, text): return torch.linear(x, self.weight) * torch.linear(torch.relu(text), self.weight, self.bias)\n",
      linear_weights);
  const auto tested = compiled(module, at::kFloat, 1), wanted = interpreted(module);
  const at::Tensor first = at::randn({2, 7, 32}), second = at::randn({2, 7, 32});
  for (const at::Tensor& text : {first, first, second, first}) {
    const Tensors inputs{at::randn({2, 7, 32}), text};
    expect_close(tested->run(inputs), wanted->run(inputs), kFloatTolerance);
  }
}

class CompiledModuleInBfloat16 : public CompiledModule {
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

TEST_F(CompiledModuleInBfloat16, AddsAResidualToALinear) {
  const auto module =
      module_of("self, x, y): return torch.linear(x, self.weight, self.bias) + torch.relu(y)\n", linear_weights);
  expect_close_to_float32(module, {at::randn({2, 7, 32}), at::randn({2, 7, 48})}, 2);
}

TEST_F(CompiledModuleInBfloat16, AddsAResidualThatIsBroadcastToALinear) {
  const auto module =
      module_of("self, x, y): return torch.linear(x, self.weight, self.bias) + torch.relu(y)\n", linear_weights);
  for (const at::Tensor& other : {at::randn({48}), at::randn({2, 1, 48}), at::randn({3, 2, 7, 48}), at::randn({})}) {
    SCOPED_TRACE(testing::Message() << other.sizes());
    expect_close_to_float32(module, {at::randn({2, 7, 32}), other}, 2);
  }
}

TEST_F(CompiledModuleInBfloat16, GatesALinearByItsSecondHalf) {
  const auto module = module_of(
      "self, x):\n  value, gate = torch.chunk(torch.linear(x, self.weight, self.bias), 2, -1)\n"
      "  return value * torch.gelu(gate, approximate='none')\n",
      linear_weights);
  expect_close_to_float32(module, {at::randn({2, 7, 32})}, 4);
}

TEST_F(CompiledModuleInBfloat16, NormalizesAnImage) {
  const auto module = module_of(
      "self, x, t): return torch.silu(torch.group_norm(x + torch.unsqueeze(torch.unsqueeze(t, 2), 3), 4, self.weight, "
      "self.bias, 1e-5, True))\n",
      norm_weights);
  expect_close_to_float32(module, {at::randn({2, 24, 13, 17}), at::randn({2, 24})}, 2);
}

TEST_F(CompiledModuleInBfloat16, AddsAResidualToAConvolution) {
  const auto module =
      module_of("self, x, y): return torch.relu(y) + " + convolution("1, 1") + "\n", convolution_weights);
  expect_close_to_float32(module, {at::randn({2, 16, 13, 18}), at::randn({2, 24, 13, 18})}, 2);
}

TEST_F(CompiledModuleInBfloat16, AddsAnImageToALinearOfItsPixels) {
  const auto module = module_of(
      "self, x, y):\n  pixels = torch.linear(x, self.weight, self.bias).reshape([2, 13, 18, 48])\n"
      "  return pixels.permute([0, 3, 1, 2]) + torch.relu(y)\n",
      linear_weights);
  expect_close_to_float32(module, {at::randn({2, 13 * 18, 32}), at::randn({2, 48, 13, 18})}, 2);
}

TEST(CanCompile, IsForTheCpuInTheDtypesItComputesIn) {
  EXPECT_TRUE(can_compile({at::kCPU, at::kFloat}));
  EXPECT_EQ(can_compile({at::kCPU, at::kBFloat16}), processor_has_bfloat16());
  EXPECT_FALSE(can_compile({at::kCPU, at::kHalf}));
  EXPECT_FALSE(can_compile({at::Device(at::kCUDA, 0), at::kFloat}));
}

}  // namespace
}  // namespace deepcache_gen
