#include "backend/cpu/compiled_module.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cpu/compiled_module_fixture.h"
#include "backend/cpu/processor.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;
using testing::ThrowsMessage;

TEST_F(CompiledModuleTest, ViewsAPermutedImage) {
  const auto module = module_of("self, x): return x.permute([0, 2, 3, 1]).contiguous().view([2, 221, 24])\n", {});
  expect_same(module, {at::randn({2, 24, 13, 17})});
}

TEST_F(CompiledModuleTest, ViewsPermutedHeads) {
  const auto module = module_of("self, x): return x.permute([0, 2, 1, 3]).contiguous().view([2, 13, 408])\n", {});
  expect_same(module, {at::randn({2, 24, 13, 17})});
}

TEST_F(CompiledModuleTest, ReturnsATupleInOrder) {
  const auto module = module_of("self, x): return (x + 1, torch.linear(x, self.weight), x)\n", linear_weights);
  const at::Tensor input = at::randn({2, 7, 32});
  EXPECT_EQ(compiled(module)->run({input}).size(), 3u);
  expect_same(module, {input});
}

TEST_F(CompiledModuleTest, CallsSubmodules) {
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

TEST_F(CompiledModuleTest, CallsWithinCallsAndBranches) {
  torch::jit::Module middle("middle"), outer("outer");
  middle.register_module("inner", module_of("self, x): return torch.linear(x, self.weight)\n", linear_weights));
  middle.define(
      "def forward(self, x, twice: bool):\n  if twice:\n    y = self.inner.forward(x) * self.inner.forward(x)\n"
      "  else:\n    y = self.inner.forward(x)\n  return y\n");
  outer.register_module("middle", middle);
  outer.define("def forward(self, x): return self.middle.forward(x, True) + self.middle.forward(x, False)\n");
  expect_same(outer, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModuleTest, CallsASubmoduleThatReturnsATuple) {
  const torch::jit::Module inner =
      module_of("self, x): return (torch.relu(x), torch.linear(x, self.weight))\n", linear_weights);
  torch::jit::Module outer("outer");
  outer.register_module("inner", inner);
  outer.define("def forward(self, x):\n  a, b = self.inner.forward(x)\n  return b + a.sum()\n");
  expect_same(outer, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModuleTest, ConcatenatesAndSplits) {
  const auto module = module_of(
      "self, x, y):\n  both = torch.cat([x, y], 1)\n  first, second, third = torch.split(both, 16, 1)\n"
      "  return first + third * second.size(1)\n",
      {});
  expect_same(module, {at::randn({2, 24, 5, 7}), at::randn({2, 24, 5, 7})});
}

TEST_F(CompiledModuleTest, KeepsIntegersAsTheyAre) {
  const auto module = module_of("self, x): return torch.embedding(self.weight, self.ids) + x\n",
                                {{"weight", at::randn({10, 32})}, {"ids", at::tensor({3, 1, 4, 1, 5})}});
  expect_same(module, {at::randn({2, 5, 32})});
  const at::Tensor output = compiled(module, at::kBFloat16)->run({at::zeros({5, 32}, at::kBFloat16)}).at(0);
  EXPECT_EQ(output.scalar_type(), at::kBFloat16);
}

TEST_F(CompiledModuleTest, KeepsSizesThatWereTensorsForAMoment) {
  const torch::jit::Module module("traced");
  auto graph = std::make_shared<torch::jit::Graph>();
  graph->addInput("self")->setType(module.type());
  torch::jit::Value* x = graph->addInput("x");
  torch::jit::Value* size = graph->insert(c10::aten::size, {x, 1});
  torch::jit::Node* as_tensor = graph->insertNode(graph->create(c10::prim::NumToTensor, {size}));
  torch::jit::Value* as_number = graph->insert(c10::aten::Int, {as_tensor->output()});
  graph->registerOutput(graph->insert(c10::aten::mul, {x, as_number}));
  module.type()->addMethod(module._ivalue()->compilation_unit()->create_function("__torch__.traced.forward", graph));
  EXPECT_THAT(operators_of(module), Not(Contains("prim::NumToTensor")));
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModuleTest, DropsNothingOutsideTraining) {
  const auto module = module_of(
      "self, x): return torch.dropout(torch.linear(x, self.weight, self.bias), 0.5, self.training)\n", linear_weights);
  EXPECT_THAT(operators_of(module), Not(Contains("aten::dropout")));
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModuleTest, DropsHalfInTraining) {
  torch::jit::Module module = module_of("self, x): return torch.dropout(x, 0.5, True)\n", {});
  const at::Tensor output = compiled(module)->run({at::ones({1000})}).at(0);
  EXPECT_GT(output.eq(0).sum().item<int>(), 300);
  EXPECT_GT(output.eq(2).sum().item<int>(), 300);
}

TEST_F(CompiledModuleTest, ConvertsWeightsThatAreStoredInHalfPrecision) {
  Weights halves = linear_weights;
  for (auto& [name, weight] : halves) weight = weight.to(at::kHalf);
  const auto module = module_of("self, x): return torch.linear(x, self.weight, self.bias) * self.scale\n",
                                {halves[0], halves[1], {"scale", at::randn({48}).to(at::kHalf)}});
  const at::Tensor input = at::randn({2, 7, 32});
  EXPECT_EQ(compiled(module)->run({input}).at(0).scalar_type(), at::kFloat);
  expect_same(module, {input});
}

TEST_F(CompiledModuleTest, TakesTheWeightsOutOfTheModule) {
  const auto module = module_of("self, x): return torch.linear(x, self.weight, self.bias)\n", linear_weights);
  const at::Tensor input = at::randn({2, 7, 32});
  const Tensors expected = interpreted(module)->run({input});
  WeightConversion weights(at::kFloat);
  const auto tested = compile_module(module, weights, "tested", {});
  EXPECT_EQ(module.attr("weight").toTensor().numel(), 0);
  expect_close(tested->run({input}), expected, kFloatTolerance);
}

TEST_F(CompiledModuleTest, LeavesAModuleWithControlFlowAsItWas) {
  const auto module = module_of(
      "self, x):\n  y = torch.linear(x, self.weight, self.bias)\n  if bool(x.sum() > 0):\n    y = -y\n  return y\n",
      linear_weights);
  const at::Tensor input = at::ones({2, 32});
  WeightConversion weights(at::kFloat);
  EXPECT_EQ(compile_module(module, weights, "tested", {}), nullptr);
  const at::Tensor expected = -at::linear(input, linear_weights[0].second, linear_weights[1].second);
  expect_close(interpreted(module)->run({input}), {expected}, kFloatTolerance);
}

TEST_F(CompiledModuleTest, DecidesBeforehandWhatDependsOnNoInput) {
  const auto module = module_of(
      "self, x):\n  y = torch.linear(x, self.weight, self.bias)\n  if self.training:\n    y = -y\n  return y\n",
      linear_weights);
  expect_same(module, {at::randn({2, 7, 32})});
}

TEST_F(CompiledModuleTest, NamesItselfWhereInputsDoNotFit) {
  const auto tested = compiled(module_of("self, x): return torch.linear(x, self.weight)\n", linear_weights));
  EXPECT_THAT([&] { tested->run({}); }, ThrowsMessage<Error>(HasSubstr("tested: ")));
  EXPECT_THAT([&] { tested->run({at::randn({2, 7, 33})}); }, ThrowsMessage<Error>(HasSubstr("tested: ")));
}

TEST_F(CompiledModuleTest, FollowsAHeldInputFromTensorToTensor) {
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

TEST(CanCompile, IsForTheCpuInTheDtypesItComputesIn) {
  EXPECT_TRUE(can_compile({at::kCPU, at::kFloat}));
  EXPECT_EQ(can_compile({at::kCPU, at::kBFloat16}), processor_has_bfloat16());
  EXPECT_FALSE(can_compile({at::kCPU, at::kHalf}));
  EXPECT_FALSE(can_compile({at::Device(at::kCUDA, 0), at::kFloat}));
}

}  // namespace
}  // namespace deepcache_gen
