// What runs on a GPU, run where there is none: on the CPU it must compute what the interpreter computes, and on
// LibTorch's meta device, which has no numbers, it must neither look at one nor mix devices.

#include "backend/library/library_module.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cpu/compiled_module_fixture.h"
#include "backend/fused_operators.h"
#include "backend/outline_operators.h"

namespace deepcache_gen {
namespace {

const char* const kResnet =
    "self, x, t):\n"
    "  a = torch.unsqueeze(torch.unsqueeze(t, 2), 3)\n"
    "  y = torch._convolution(x, self.weight, self.bias, [1, 1], [1, 1], [1, 1], False, [0, 0], 1, True, False, True, "
    "True)\n"
    "  return torch.silu(torch.group_norm(y + a, 4, self.gain, self.shift, 1e-5, True)) + torch.dropout(y, 0.1, "
    "False)\n";
const char* const kFeedForward =
    "self, x):\n  value, gate = torch.chunk(torch.linear(x, self.weight, self.bias), 2, -1)\n"
    "  return value * torch.gelu(gate, approximate='none')\n";
const char* const kFrequencies =
    "self, x):\n  angles = x[:, None] * torch.exp(-torch.arange(0, 16, dtype=6, device=x.device) / 16.0)[None, :]\n"
    "  return torch.linear(torch.sin(angles).type_as(self.weight), self.weight, self.bias)\n";

class LibraryModule : public CompiledModuleTest {
 protected:
  static std::unique_ptr<Module> for_gpu(const torch::jit::Module& module, const Placement& placement,
                                         const FusedOperators* operators, std::optional<std::size_t> held = {}) {
    return compile_by_library(module.deepcopy(), {placement, true, operators, nullptr, nullptr}, "tested", held);
  }

  static void expect_same_as_interpreted(const torch::jit::Module& module, const Tensors& inputs) {
    const Tensors expected = interpreted(module)->run(inputs);
    for (const FusedOperators* operators : {static_cast<const FusedOperators*>(nullptr), &fused_operators_on_cpu()}) {
      const auto tested = for_gpu(module, {c10::kCPU, at::kFloat}, operators);
      ASSERT_NE(tested, nullptr);
      for (int run = 0; run < 2; ++run) expect_close(tested->run(inputs), expected, kFloatTolerance);
    }
  }

  // Of the shapes and dtypes that come out; reading a number would throw.
  static void expect_runs_without_numbers(const torch::jit::Module& module, const Tensors& inputs) {
    for (const at::ScalarType dtype : {at::kFloat, at::kHalf, at::kBFloat16}) {
      Tensors outlines;
      for (const at::Tensor& input : inputs) outlines.push_back(input.to(at::kMeta, dtype));
      const Tensors outputs = for_gpu(module, {c10::kMeta, dtype}, nullptr)->run(outlines);
      ASSERT_EQ(outputs.size(), 1u);
      EXPECT_TRUE(outputs[0].is_meta());
      EXPECT_EQ(outputs[0].scalar_type(), dtype);
    }
  }

  const Weights resnet_weights{{"weight", at::randn({24, 16, 3, 3})},
                               {"bias", at::randn({24})},
                               {"gain", at::randn({24}) + 2},
                               {"shift", at::randn({24})}};
  const c10::InferenceMode inference_;
};

TEST_F(LibraryModule, ComputesAResnetAsTheInterpreter) {
  const Tensors inputs{at::randn({2, 16, 9, 7}), at::randn({2, 24})};
  expect_same_as_interpreted(module_of(kResnet, resnet_weights), inputs);
  expect_runs_without_numbers(module_of(kResnet, resnet_weights), inputs);
}

TEST_F(LibraryModule, KeepsImagesChannelsLast) {
  for (const FusedOperators* operators : {static_cast<const FusedOperators*>(nullptr), &fused_operators_on_cpu()}) {
    const auto tested = for_gpu(module_of(kResnet, resnet_weights), {c10::kCPU, at::kFloat}, operators);
    const at::Tensor image = tested->run({at::randn({2, 16, 9, 7}), at::randn({2, 24})}).at(0);
    EXPECT_TRUE(image.is_contiguous(at::MemoryFormat::ChannelsLast));
  }
}

TEST_F(LibraryModule, ComputesAGatedLinearAsTheInterpreter) {
  expect_same_as_interpreted(module_of(kFeedForward, linear_weights), {at::randn({2, 7, 32})});
  expect_runs_without_numbers(module_of(kFeedForward, linear_weights), {at::randn({2, 7, 32})});
}

TEST_F(LibraryModule, MergesLinearsOfOneInput) {
  const Weights weights{{"q", at::randn({48, 32})}, {"k", at::randn({48, 32})}, {"v", at::randn({48, 32})}};
  const auto attention = module_of(
      "self, x):\n  q = torch.linear(x, self.q).view([2, 7, 4, 12]).transpose(1, 2)\n"
      "  k = torch.linear(x, self.k).view([2, 7, 4, 12]).transpose(1, 2)\n"
      "  v = torch.linear(x, self.v).view([2, 7, 4, 12]).transpose(1, 2)\n"
      "  return torch.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape([2, 7, 48])\n",
      weights);
  expect_same_as_interpreted(attention, {at::randn({2, 7, 32})});
  expect_runs_without_numbers(attention, {at::randn({2, 7, 32})});
}

TEST_F(LibraryModule, ComputesFrequenciesInTheDtypeOfTheCode) {
  const Weights weights{{"weight", at::randn({8, 16})}, {"bias", at::randn({8})}};
  const auto module = module_of(kFrequencies, weights);
  const at::Tensor timesteps = at::tensor({981.0F, 500.0F});
  const Tensors expected = interpreted(module)->run({timesteps});
  const Tensors actual = for_gpu(module, {c10::kCPU, at::kHalf}, nullptr)->run({timesteps});
  EXPECT_LE(relative_difference(actual[0].to(at::kFloat), expected[0]), 0x1p-9);
}

TEST_F(LibraryModule, RereadsWhatItHoldsWhereItIs) {
  const auto module = module_of(
      "self, x, text): return torch.linear(text, self.weight, self.bias) + torch.unsqueeze(x, 1)\n", linear_weights);
  const auto tested = for_gpu(module, {c10::kCPU, at::kFloat}, nullptr, 1);
  const at::Tensor x = at::randn({2, 48}), text = at::randn({2, 5, 32}), other = at::randn({2, 5, 32});
  expect_close(tested->run({x, text}), interpreted(module)->run({x, text}), kFloatTolerance);
  text.copy_(other);
  tested->reread_held(text);
  expect_close(tested->run({x, text}), interpreted(module)->run({x, other}), kFloatTolerance);
}

}  // namespace
}  // namespace deepcache_gen
