#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cpu/compiled_module_fixture.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Modules as a stranger could write them: what they are given fits nothing.
class CompiledRefusalsTest : public CompiledModuleTest {
 protected:
  static std::string refusal_of(const torch::jit::Module& module, const Tensors& inputs,
                                std::optional<std::size_t> held_input = {}) {
    WeightConversion weights(at::kFloat);
    try {
      compile_module(module, weights, "tested", held_input)->run(inputs);
    } catch (const Error& error) {
      return error.what();
    }
    return "was not refused";
  }

  static void expect_refused(const std::string& forward, Weights weights, const Tensors& inputs,
                             const std::string& reason) {
    // Compiling takes a tensor's memory away, but not that of another one that shares it.
    for (auto& [name, weight] : weights) weight = weight.detach();
    EXPECT_THAT(refusal_of(module_of("self, " + forward + "\n", weights), inputs),
                AllOf(StartsWith("tested: "), HasSubstr(reason), Not(HasSubstr("\n"))))
        << forward;
  }

  static std::string convolution_of(const std::string& stride, const std::string& padding, const std::string& dilation,
                                    int groups = 1) {
    return "torch._convolution(x, self.weight, self.bias, " + stride + ", " + padding + ", " + dilation +
           ", False, [0, 0], " + std::to_string(groups) + ", False, False, True, True)";
  }
  static std::string norm_of(int groups) {
    return "torch.group_norm(x, " + std::to_string(groups) + ", self.weight, self.bias, 1e-5, True)";
  }

  const std::string plain_convolution = convolution_of("[1, 1]", "[1, 1]", "[1, 1]");
  const std::string plain_linear = "torch.linear(x, self.weight, self.bias)";
  const at::Tensor image = at::randn({2, 16, 13, 18}), rows = at::randn({2, 7, 32});
};

TEST_F(CompiledRefusalsTest, GroupNormOfOtherNumbersThanItComputesWith) {
  for (const at::ScalarType dtype : {at::kByte, at::kBool, at::kLong, at::kHalf, at::kDouble, at::kComplexFloat}) {
    expect_refused("x): return " + norm_of(4), norm_weights, {at::ones({2, 24, 3, 5}).to(dtype)},
                   "takes float32 or bf");
  }
}

TEST_F(CompiledRefusalsTest, GroupNormOfOtherChannelsThanItsWeights) {
  for (const std::int64_t channels : {1, 4, 20, 28, 240}) {
    const at::Tensor images = at::randn({2, 24, 3, 5});
    const Weights weights{{"weight", at::randn({channels})}, {"bias", at::randn({24})}};
    expect_refused("x): return " + norm_of(4), weights, {images}, "group norm of 4 groups takes");
    const Weights biases{{"weight", at::randn({24})}, {"bias", at::randn({channels})}};
    expect_refused("x): return " + norm_of(4), biases, {images}, "group norm of 4 groups takes");
  }
  expect_refused("x): return " + norm_of(4), {{"weight", at::randn({4, 6})}, {"bias", at::randn({24})}},
                 {at::randn({2, 24, 3, 5})}, "a group norm takes");
}

TEST_F(CompiledRefusalsTest, GroupNormOfGroupsThatThereAreNot) {
  for (const int groups : {0, -1, -2}) {
    expect_refused("x): return " + norm_of(groups), norm_weights, {at::randn({2, 24, 3, 5})}, "needs 1 or more");
  }
  expect_refused("x): return " + norm_of(5), norm_weights, {at::randn({2, 24, 3, 5})}, "group norm of 5 groups");
  expect_refused("x): return " + norm_of(4), norm_weights, {at::randn({24})}, "group norm of 4 groups");
}

TEST_F(CompiledRefusalsTest, ListsOfAnotherLengthThanIsRead) {
  for (const char* forward : {"x):\n  a, b, c = torch.split(x, 16, 2)\n  return a + b + c",
                              "x):\n  a, b = torch.split(x, 8, 2)\n  return a + b"}) {
    expect_refused(forward, {}, {rows}, "is unpacked into");
  }
}

TEST_F(CompiledRefusalsTest, ConvolutionsThatMoveNowhere) {
  for (const char* wrong : {"[0, 0]", "[1, 0]", "[-1, -1]", "[1, 1, 1]", "[4611686018427387904, 1]", "[]"}) {
    expect_refused("x): return " + convolution_of(wrong, "[1, 1]", "[1, 1]"), convolution_weights, {image}, "stride");
    expect_refused("x): return " + convolution_of("[1, 1]", "[1, 1]", wrong), convolution_weights, {image}, "dilation");
    expect_refused("x, y): return y + " + convolution_of(wrong, "[1, 1]", "[1, 1]"), convolution_weights,
                   {image, image}, "stride");
  }
  for (const char* wrong : {"[-1, 0]", "[1, 1, 1]", "[9223372036854775807, 1]", "[]"}) {
    expect_refused("x): return " + convolution_of("[1, 1]", wrong, "[1, 1]"), convolution_weights, {image}, "padding");
  }
}

TEST_F(CompiledRefusalsTest, ConvolutionsInGroupsThatThereAreNot) {
  for (const int groups : {0, -1, 5, 1000000}) {
    expect_refused("x): return " + convolution_of("[1, 1]", "[1, 1]", "[1, 1]", groups), convolution_weights, {image},
                   "groups");
  }
  expect_refused("x): return " + convolution_of("[1, 1]", "[1, 1]", "[1, 1]", 2), convolution_weights, {image},
                 "images of 32 channels");
}

TEST_F(CompiledRefusalsTest, ConvolutionsOfOtherImages) {
  const auto expect_image_refused = [&](const at::Tensor& other) {
    for (const auto& [forward, weights] : {std::pair{plain_convolution, convolution_weights},
                                           {convolution_of("[1, 1]", "[0, 0]", "[1, 1]"), pixel_weights}}) {
      expect_refused("x): return " + forward, weights, {other}, "takes Float ");
      expect_refused("x, y): return y + " + forward, weights, {other, at::randn({2, 24, 13, 18})}, "takes Float ");
    }
  };
  expect_image_refused(image.to(at::kDouble));
  expect_image_refused(image.to(at::kBFloat16));
  expect_image_refused(at::ones({2, 16, 13, 18}, at::kByte));
  expect_image_refused(at::randn({2, 15, 13, 18}));
  expect_image_refused(at::randn({0, 16, 13, 18}));
  expect_image_refused(at::randn({2, 16, 0, 18}));
  expect_image_refused(at::empty({2, 16, 13, 18}, at::device(at::kMeta)));
}

TEST_F(CompiledRefusalsTest, ConvolutionsOfImagesThatHaveNoSides) {
  for (const at::Tensor& other : {at::randn({16, 13, 18}), at::randn({16}), at::randn({})}) {
    expect_refused("x): return " + plain_convolution, convolution_weights, {other}, "takes Float images");
    expect_refused("x): return " + convolution_of("[1, 1]", "[0, 0]", "[1, 1]"), pixel_weights, {other}, "");
  }
  expect_refused("x): return " + convolution_of("[1, 1]", "[0, 0]", "[1, 1]"), convolution_weights,
                 {at::randn({2, 16, 2, 18})}, "takes Float images");
  expect_refused("x): return " + convolution_of("[1, 1]", "[0, 0]", "[4096, 4096]"), convolution_weights, {image},
                 "takes Float images");
}

TEST_F(CompiledRefusalsTest, ConvolutionsWhoseWeightsDoNotFit) {
  for (const at::Tensor& weight : {at::randn({0, 16, 3, 3}), at::randn({24, 0, 3, 3}), at::randn({24, 16, 0, 3})}) {
    expect_refused("x): return " + plain_convolution, {{"weight", weight}, {"bias", at::randn({24})}}, {image},
                   "a weight [outputs,");
  }
  for (const at::Tensor& bias : {at::randn({23}), at::randn({25}), at::randn({1}), at::randn({24, 1}),
                                 at::ones({24}, at::kLong), at::randn({24}).to(at::kComplexFloat)}) {
    for (const at::Tensor& weight : {convolution_weights[0].second, pixel_weights[0].second}) {
      expect_refused("x): return " + convolution_of("[1, 1]", "[0, 0]", "[1, 1]"), {{"weight", weight}, {"bias", bias}},
                     {image}, "[24] as bias");
    }
  }
}

TEST_F(CompiledRefusalsTest, LinearsOfOtherRows) {
  for (const at::Tensor& other :
       {at::randn({2, 7, 31}), at::randn({2, 7, 33}), at::randn({7, 1}), at::randn({}), at::randn({0, 32}),
        rows.to(at::kDouble), rows.to(at::kBFloat16), at::ones({2, 7, 32}, at::kByte)}) {
    for (const std::string& forward :
         {plain_linear, plain_linear + " + torch.relu(x)", "torch.gelu(" + plain_linear + ")"}) {
      expect_refused("x): return " + forward, linear_weights, {other}, "takes Float [..., 32]");
    }
  }
}

TEST_F(CompiledRefusalsTest, LinearsOfRowsThatAreNowhere) {
  expect_refused("x): return " + plain_linear, linear_weights, {at::empty({2, 7, 32}, at::device(at::kMeta))},
                 "got Float [2, 7, 32] on meta");
}

TEST_F(CompiledRefusalsTest, LinearsWhoseWeightsDoNotFit) {
  for (const at::Tensor& weight : {at::randn({0, 32}), at::randn({48, 0}), at::randn({0, 0})}) {
    const Weights weights{{"weight", weight}, {"bias", at::randn({weight.size(0)})}};
    expect_refused("x): return " + plain_linear, weights, {rows}, "a weight [outputs");
  }
  for (const std::int64_t size : {1, 47, 49}) {
    expect_refused("x): return " + plain_linear, {linear_weights[0], {"bias", at::randn({size})}}, {rows}, "as bias");
  }
  for (const at::ScalarType dtype : {at::kByte, at::kLong, at::kBool, at::kComplexFloat}) {
    expect_refused("x): return " + plain_linear, {{"weight", at::ones({48, 32}).to(dtype)}, linear_weights[1]}, {rows},
                   "floating-point weights");
  }
}

// Together they have as many biases as outputs.
TEST_F(CompiledRefusalsTest, LinearsOfOneInputWithEachOthersBiases) {
  expect_refused("x): return torch.linear(x, self.a, self.c) + torch.linear(x, self.b, self.d)",
                 {{"a", at::randn({4, 32})}, {"b", at::randn({4, 32})}, {"c", at::randn({3})}, {"d", at::randn({5})}},
                 {rows}, "as bias");
  expect_refused("x): return torch.linear(x, self.a) + torch.linear(x, self.b)",
                 {{"a", at::randn({4, 32})}, {"b", at::randn({4, 31})}}, {rows}, "");
}

TEST_F(CompiledRefusalsTest, GatesWithoutTwoHalves) {
  for (const std::int64_t outputs : {1, 47}) {
    expect_refused("x):\n  a, b = torch.chunk(torch.linear(x, self.weight), 2, -1)\n  return a * torch.gelu(b)",
                   {{"weight", at::randn({outputs, 32})}}, {rows}, "two halves");
  }
}

TEST_F(CompiledRefusalsTest, ImagesThatAreAddedToNumbersWithoutShape) {
  expect_refused("x, y): return torch.permute(torch.reshape(torch.linear(x, self.weight), []), [0, 3, 1, 2]) + y",
                 {{"weight", at::randn({1, 1})}}, {at::randn({1, 1, 1}), at::randn({})}, "");
}

TEST_F(CompiledRefusalsTest, AttentionsThatReadWhatIsNotThere) {
  const at::Tensor query = at::randn({1, 2, 7, 16});
  const auto numbers = [](std::int64_t heads, std::int64_t count) { return at::randn({1, heads, count, 16}); };
  for (const char* mask : {"", ", attn_mask=torch.zeros([1, 1, 1, 1])"}) {
    const std::string forward = "q, k, v): return torch.scaled_dot_product_attention(q, k, v" + std::string(mask) + ")";
    expect_refused(forward, {}, {query, numbers(2, 700), numbers(2, 3)}, "as many values as keys");
    expect_refused(forward, {}, {query, numbers(2, 3), numbers(2, 700)}, "as many values as keys");
    expect_refused(forward, {}, {query, numbers(2, 7), numbers(2, 0)}, "as many values as keys");
    expect_refused(forward, {}, {numbers(0, 7), numbers(0, 7), numbers(0, 7)}, "one head or more");
  }
}

TEST_F(CompiledRefusalsTest, AttentionsThatReadWhatIsNotThereEvenInterpreted) {
  const auto module = module_of("self, q, k, v): return torch.scaled_dot_product_attention(q, k, v)\n", {});
  const at::Tensor query = at::randn({1, 2, 7, 16}), none = at::randn({1, 0, 7, 16});
  const auto attention = interpreted(module);
  EXPECT_THROW(attention->run({query, at::randn({1, 2, 700, 16}), query}), Error);
  EXPECT_THROW(attention->run({query, query, at::randn({1, 2, 0, 16})}), Error);
  EXPECT_THROW(attention->run({none, none, none}), Error);
  expect_same(module, {query, query, query});
}

TEST_F(CompiledRefusalsTest, OperatorsThatWriteIntoTensors) {
  expect_refused("x):\n  y = x + 1\n  y.fill_(65)\n  return y", {}, {rows}, "aten::fill_ can't be compiled");
  expect_refused("x): return x.add_(1)", {}, {rows}, "aten::add_ can't be compiled");
  expect_refused("x): return torch.linear(x, self.weight.mul_(2))", linear_weights, {rows}, "aten::mul_");
}

TEST_F(CompiledRefusalsTest, OperatorsThatTakeAnyNumberOfArguments) {
  expect_refused("x):\n  print(x)\n  return x", {}, {rows}, "prim::Print can't be compiled");
}

TEST_F(CompiledRefusalsTest, WhatIsNoTensor) {
  for (const char* value : {"None", "3", "'text'", "[x, x]", "(x, 3)", "(x, (x, x))"}) {
    expect_refused("x): return " + std::string(value), {}, {rows}, "");
  }
}

TEST_F(CompiledRefusalsTest, AHeldInputThatThereIsNot) {
  EXPECT_THAT(refusal_of(module_of("self, x): return x\n", {}), {rows}, 2),
              StartsWith("tested: takes 1 inputs, needs 3 or more"));
}

TEST_F(CompiledRefusalsTest, WeightsThatAreLargerThanTheirMemory) {
  const at::Tensor huge = at::ones({1, 1}).expand({1 << 20, 1 << 20});
  expect_refused("x): return torch.linear(x, self.weight)", {{"weight", huge}}, {rows}, "no larger than their memory");
  expect_refused("x): return x + self.weight", {{"weight", huge}}, {rows}, "no larger than their memory");
}

TEST_F(CompiledRefusalsTest, WeightsThatAreNoPlainNumbers) {
  const at::Tensor quantized = at::quantize_per_tensor(at::randn({48, 32}), 0.1, 0, at::kQInt8);
  expect_refused("x): return torch.linear(x, self.weight)", {{"weight", quantized}}, {rows}, "plain tensors");
  const at::Tensor sparse = at::eye(32).to_sparse();
  expect_refused("x): return torch.linear(x, self.weight)", {{"weight", sparse}}, {rows}, "");
}

// All of this is allowed, if odd.
TEST_F(CompiledRefusalsTest, NotWhatTheInterpreterTakes) {
  for (const char* numbers : {"[1]", "[2]"}) {
    expect_same(module_of("self, x): return " + convolution_of(numbers, numbers, numbers) + "\n", convolution_weights),
                {image});
  }
  const at::Tensor repeated = at::randn({1, 32}).expand({48, 32});
  expect_same(module_of("self, x): return torch.linear(x, self.weight)\n", {{"weight", repeated}}), {rows});
  const at::Tensor kernel = at::randn({24, 16, 1, 1}).expand({24, 16, 3, 3});
  expect_same(module_of("self, x): return " + plain_convolution + "\n", {{"weight", kernel}, convolution_weights[1]}),
              {image});
  const at::Tensor query = at::randn({1, 2, 1, 16}).expand({1, 2, 7, 16});
  expect_same(module_of("self, q, k, v): return torch.scaled_dot_product_attention(q, k, v)\n", {}),
              {query, at::randn({1, 2, 9, 16}), at::randn({1, 2, 9, 16})});
}

}  // namespace
}  // namespace deepcache_gen
