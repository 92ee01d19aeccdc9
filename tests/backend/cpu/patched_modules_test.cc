#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/cpu/compiled_module_fixture.h"
#include "backend/cpu/processor.h"
#include "backend/library/library_module.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;
using Names = std::vector<std::string>;

struct Kind {
  const char* name;
  at::ScalarType dtype;
  enum class By { interpreter, cpu, library } by;
};

// Whole numbers, small enough for every sum and product of them to be exact in float32, in whatever order.
at::Tensor whole(at::IntArrayRef sizes) { return at::randint(-3, 4, sizes).to(at::kFloat); }

// As a model file has them.
at::Tensor stored(at::IntArrayRef sizes) { return at::randn(sizes).to(at::kHalf); }

/// What is patched equals, bit for bit, what was made with the sums as its weights.
class PatchedModule : public CompiledModuleTest, public testing::WithParamInterface<Kind> {
 protected:
  void SetUp() override {
    if (GetParam().dtype == at::kBFloat16 && !processor_has_bfloat16())
      GTEST_SKIP() << "this processor has no bfloat16";
  }

  static std::unique_ptr<Module> made(const torch::jit::Module& module, std::optional<std::size_t> held_input = {}) {
    const auto [name, dtype, by] = GetParam();
    if (by == Kind::By::interpreter) return interpreted(module, dtype);
    if (by == Kind::By::cpu) return compiled(module, dtype, held_input);
    const LibraryTarget target{{c10::kCPU, dtype}, /*channels_last=*/true, nullptr, nullptr, nullptr};
    return compile_by_library(module.deepcopy(), target, "tested", held_input);
  }

  static at::Tensor input(at::IntArrayRef sizes) { return at::randn(sizes).to(GetParam().dtype); }

  // The weights with `delta` added to that of the name.
  static Weights with(Weights weights, const std::string& name, const at::Tensor& delta) {
    for (auto& [each, weight] : weights) {
      if (each == name) weight = weight.to(at::kFloat) + delta;
    }
    return weights;
  }

  static bool same(const Tensors& left, const Tensors& right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const at::Tensor& a, const at::Tensor& b) { return a.equal(b); });
  }

  // Patches before and after the first run, and takes it back.
  static void expect_patchable(const std::string& forward, const Weights& weights, const Tensors& inputs) {
    const auto& [name, weight] = weights.front();
    const at::Tensor delta = at::randn(weight.sizes());
    const Tensors plain = made(module_of(forward, weights))->run(inputs);
    const Tensors expected = made(module_of(forward, with(weights, name, delta)))->run(inputs);
    ASSERT_FALSE(same(plain, expected));

    const auto early = made(module_of(forward, weights)), late = made(module_of(forward, weights));
    late->run(inputs);
    for (const auto& module : {early.get(), late.get()}) {
      EXPECT_THAT(module->patch(std::vector<NamedDelta>{{name, delta}}), IsEmpty());
      EXPECT_TRUE(same(module->run(inputs), expected));
      EXPECT_TRUE(same(module->run(inputs), expected));
      EXPECT_THAT(module->patch(std::vector<NamedDelta>{{name, std::nullopt}}), IsEmpty());
      EXPECT_TRUE(same(module->run(inputs), plain));
    }
  }

  const Weights linear{{"weight", stored({48, 32})}, {"bias", stored({48})}};
  const Weights kernel{{"weight", stored({24, 16, 3, 3})}, {"bias", stored({24})}};
  const Weights pixel{{"weight", stored({24, 16, 1, 1})}, {"bias", stored({24})}};
  const std::string product = "self, x): return torch.linear(x, self.weight, self.bias)\n";
};

INSTANTIATE_TEST_SUITE_P(Kinds, PatchedModule,
                         testing::Values(Kind{"CompiledFloat", at::kFloat, Kind::By::cpu},
                                         Kind{"CompiledBFloat16", at::kBFloat16, Kind::By::cpu},
                                         Kind{"ByLibraryFloat", at::kFloat, Kind::By::library},
                                         Kind{"InterpretedFloat", at::kFloat, Kind::By::interpreter},
                                         Kind{"InterpretedBFloat16", at::kBFloat16, Kind::By::interpreter}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_P(PatchedModule, OfALinearAndWhatIsFusedWithIt) {
  const std::string begin = "self, x, y):\n  product = torch.linear(x, self.weight, self.bias)\n  return ";
  for (const char* rest : {"product", "product + y", "torch.gelu(product, approximate='none')"}) {
    SCOPED_TRACE(rest);
    expect_patchable(begin + rest + "\n", linear, {input({2, 7, 32}), input({2, 7, 48})});
  }
  expect_patchable(
      "self, x):\n  value, gate = torch.chunk(torch.linear(x, self.weight, self.bias), 2, -1)\n"
      "  return value * torch.gelu(gate, approximate='none')\n",
      linear, {input({2, 7, 32})});
  expect_patchable(
      "self, x, y): return torch.linear(x, self.weight, self.bias).reshape([2, 5, 7, 48]).permute([0, 3, 1, 2]) + y\n",
      linear, {input({2, 35, 32}), input({2, 48, 5, 7})});
}

// Longer rows than oneDNN's convolution of one pixel is used for.
TEST_P(PatchedModule, OfALinearOfLongRows) {
  expect_patchable("self, x): return torch.linear(x, self.weight)\n", {{"weight", stored({8, 4100})}},
                   {input({3, 4100})});
}

TEST_P(PatchedModule, OfAConvolution) {
  const Tensors inputs{input({2, 16, 13, 18}), input({2, 24, 13, 18})};
  for (const char* rest : {"", " + torch.relu(y)"}) {
    expect_patchable("self, x, y): return " + convolution("1, 1") + rest + "\n", kernel, inputs);
    expect_patchable("self, x, y): return " + convolution("0, 0") + rest + "\n", pixel, inputs);
  }
}

// One pixel wide: computed in float32 where oneDNN can't.
TEST_P(PatchedModule, OfAConvolutionWithStride) {
  const std::int64_t width = GetParam().by == Kind::By::cpu ? 2 : 3;  // 2: where oneDNN itself goes wrong
  expect_patchable(
      "self, x): return torch._convolution(x, self.weight, self.bias, [2, 2], [1, 1], [1, 1], False, [0, 0], 1, False, "
      "False, True, True)\n",
      kernel, {input({2, 16, 25, width})});
}

TEST_P(PatchedModule, ByAProductOfThinMatrices) {
  const at::Tensor up = whole({48, 4}), down = whole({4, 32}), x = input({2, 7, 32});
  const auto module = made(module_of(product, linear));
  module->patch(std::vector<NamedDelta>{{"weight", LowRankDelta{up, down.to(at::kHalf), 0.25}}});
  const at::Tensor sum = (up.to(at::kDouble).matmul(down.to(at::kDouble)) / 4).to(at::kFloat);
  EXPECT_TRUE(same(module->run({x}), made(module_of(product, with(linear, "weight", sum)))->run({x})));
}

TEST_P(PatchedModule, ByAProductOfConvolutions) {
  const at::Tensor up = whole({24, 4, 1, 1}), down = whole({4, 16, 3, 3}), x = input({2, 16, 13, 18});
  const std::string forward = "self, x): return " + convolution("1, 1") + "\n";
  // Convolving with one after the other, as a LoRA is trained, is convolving with the sum over the rank.
  const at::Tensor sum = (up.unsqueeze(2) * down.unsqueeze(0)).sum(1) * 0.5;
  const Tensors expected = made(module_of(forward, with(kernel, "weight", sum)))->run({x});
  for (const at::Tensor& flat : {down, down.flatten(1)}) {
    const auto module = made(module_of(forward, kernel));
    module->patch(std::vector<NamedDelta>{{"weight", LowRankDelta{up, flat, 0.5}}});
    EXPECT_TRUE(same(module->run({x}), expected));
  }
}

TEST_P(PatchedModule, ByTheSumOfSeveralDeltas) {
  const at::Tensor first = whole({48, 32}), up = whole({48, 2}), down = whole({2, 32}), x = input({2, 7, 32});
  Weights weights = linear;
  weights[0].second = whole({48, 32});
  const auto module = made(module_of(product, weights));
  module->patch(std::vector<NamedDelta>{{"weight", first}, {"weight", LowRankDelta{up, down, 2}}});
  const at::Tensor two = first + up.matmul(down) * 2;
  EXPECT_TRUE(same(module->run({x}), made(module_of(product, with(weights, "weight", two)))->run({x})));
  module->patch(std::vector<NamedDelta>{{"weight", first}});
  EXPECT_TRUE(same(module->run({x}), made(module_of(product, with(weights, "weight", two + first)))->run({x})));
  module->patch(std::vector<NamedDelta>{{"weight", std::nullopt}, {"weight", first}});
  EXPECT_TRUE(same(module->run({x}), made(module_of(product, with(weights, "weight", first)))->run({x})));
}

TEST_P(PatchedModule, InOneOfSeveralMergedLinears) {
  const Weights weights{{"q", stored({48, 32})}, {"k", stored({24, 32})}, {"v", stored({8, 32})}};
  const std::string forward =
      "self, x): return (torch.linear(x, self.q), torch.linear(x, self.k), torch.linear(x, self.v))\n";
  const Tensors inputs{input({2, 7, 32})};
  const Tensors plain = made(module_of(forward, weights))->run(inputs);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto& [name, weight] = weights[i];
    const at::Tensor delta = at::randn(weight.sizes());
    const Tensors expected = made(module_of(forward, with(weights, name, delta)))->run(inputs);
    const auto module = made(module_of(forward, weights));
    EXPECT_TRUE(same(module->run(inputs), plain));
    module->patch(std::vector<NamedDelta>{{name, delta}});
    const Tensors actual = module->run(inputs);
    EXPECT_TRUE(same(actual, expected)) << name;
    for (std::size_t j = 0; j < weights.size(); ++j) EXPECT_EQ(actual[j].equal(plain[j]), i != j);
  }
}

TEST_P(PatchedModule, InOneOfTwoWeightsOfEqualNumbers) {
  const at::Tensor numbers = stored({48, 32}), delta = at::randn({48, 32});
  const Weights weights{{"q", numbers}, {"k", numbers.clone()}};
  const std::string forward = "self, x, y): return (torch.linear(x, self.q), torch.linear(y, self.k))\n";
  const Tensors inputs{input({2, 7, 32}), input({2, 7, 32})};
  const auto module = made(module_of(forward, weights));
  module->patch(std::vector<NamedDelta>{{"k", delta}});
  EXPECT_TRUE(same(module->run(inputs), made(module_of(forward, with(weights, "k", delta)))->run(inputs)));
}

TEST_P(PatchedModule, WhoseWeightIsReadTwice) {
  expect_patchable("self, x, y): return torch.linear(x, self.weight, self.bias) * torch.linear(y, self.weight)\n",
                   linear, {input({2, 7, 32}), input({2, 7, 32})});
}

TEST_P(PatchedModule, InASubmodule) {
  const auto outer_of = [&](const Weights& weights) {
    torch::jit::Module middle("middle"), outer("outer");
    middle.register_module("first", module_of(product, linear));
    middle.register_module("second", module_of(product, weights));
    middle.define("def forward(self, x): return self.first.forward(x) * self.second.forward(x)\n");
    outer.register_module("middle", middle);
    outer.define("def forward(self, x): return self.middle.forward(x)\n");
    return outer;
  };
  const at::Tensor delta = at::randn({48, 32}), x = input({2, 7, 32});
  const Weights second{{"weight", stored({48, 32})}, {"bias", stored({48})}};
  const auto module = made(outer_of(second));
  const WeightSizes patchable = module->patchable_weights();
  EXPECT_THAT(patchable, ElementsAre(testing::Key("middle.first.weight"), testing::Key("middle.second.weight")));
  EXPECT_THAT(patchable.at("middle.second.weight"), ElementsAre(48, 32));
  EXPECT_THAT(module->patch(std::vector<NamedDelta>{{"middle.second.weight", delta}, {"second.weight", delta}}),
              ElementsAre("second.weight"));
  EXPECT_TRUE(same(module->run({x}), made(outer_of(with(second, "weight", delta)))->run({x})));
}

TEST_P(PatchedModule, UnderEachNameOfASharedWeight) {
  const auto outer_of = [&](const Weights& weights) {
    const torch::jit::Module shared = module_of(product, weights);
    torch::jit::Module outer("outer");
    outer.register_module("first", shared);
    outer.register_module("second", shared);
    outer.define("def forward(self, x, y): return self.first.forward(x) * self.second.forward(y)\n");
    return outer;
  };
  const at::Tensor delta = at::randn({48, 32});
  const Tensors inputs{input({2, 7, 32}), input({2, 7, 32})};
  const Tensors expected = made(outer_of(with(linear, "weight", delta)))->run(inputs);
  for (const char* name : {"first.weight", "second.weight"}) {
    const auto module = made(outer_of(linear));
    EXPECT_THAT(module->patch(std::vector<NamedDelta>{{name, delta}}), IsEmpty());
    EXPECT_TRUE(same(module->run(inputs), expected));
  }
}

TEST_P(PatchedModule, ForgetsWhatItKeptOfAHeldInput) {
  const Weights weights{{"k", stored({48, 32})}, {"q", stored({48, 32})}};
  const std::string forward =
      "self, x, text): return torch.linear(x, self.q) * torch.linear(torch.relu(text), self.k)\n";
  const at::Tensor delta = at::randn({48, 32});
  const Tensors inputs{input({2, 7, 32}), input({2, 7, 32})};
  const auto module = made(module_of(forward, weights), 1);
  const Tensors plain = module->run(inputs);
  module->patch(std::vector<NamedDelta>{{"k", delta}});
  EXPECT_TRUE(same(module->run(inputs), made(module_of(forward, with(weights, "k", delta)), 1)->run(inputs)));
  module->patch(std::vector<NamedDelta>{{"k", std::nullopt}});
  EXPECT_TRUE(same(module->run(inputs), plain));
}

TEST_P(PatchedModule, TellsWhatItDoesNotHave) {
  const auto module = made(module_of(product, linear));
  const at::Tensor delta = at::randn({48, 32}), x = input({2, 7, 32});
  EXPECT_THAT(module->patch(std::vector<NamedDelta>{
                  {"weights", delta}, {"weight", delta}, {"bias", at::randn({48})}, {"training", {}}}),
              ElementsAre("weights", "bias", "training"));
  EXPECT_TRUE(same(module->run({x}), made(module_of(product, with(linear, "weight", delta)))->run({x})));
}

TEST_P(PatchedModule, RefusesWhatDoesNotFitAndStaysAsItWas) {
  const auto module = made(module_of(product, linear));
  const at::Tensor x = input({2, 7, 32});
  const Tensors plain = module->run({x});
  const std::vector<NamedDelta> deltas{{"weight", at::randn({48, 32})}, {"weight", at::randn({48, 31})}};
  EXPECT_THAT([&] { module->patch(deltas); },
              ThrowsMessage<Error>(
                  AllOf(HasSubstr("tested: "), HasSubstr("'weight'"), HasSubstr("[48, 32]"), HasSubstr("[48, 31]"))));
  EXPECT_TRUE(same(module->run({x}), plain));
}

class PatchedCompiledModule : public CompiledModuleTest {
 protected:
  static Names unknown_weight(const std::string& forward) {
    const Weights weights{{"weight", at::randn({48, 32})}, {"bias", at::randn({48})}};
    const auto module = compiled(module_of(forward, weights));
    return module->patch(std::vector<NamedDelta>{{"weight", at::randn({48, 32})}});
  }
};

// Half a patch would be worse than none.
TEST_F(PatchedCompiledModule, HasNoWeightThatIsUsedInOtherWaysToo) {
  EXPECT_THAT(unknown_weight("self, x): return torch.linear(x, self.weight)\n"), IsEmpty());
  EXPECT_THAT(unknown_weight("self, x): return torch.linear(x.type_as(self.weight), self.weight)\n"), IsEmpty());
  EXPECT_THAT(unknown_weight("self, x):\n  if self.training:\n    y = x\n  else:\n    y = x * 2\n"
                             "  return torch.linear(y, self.weight)\n"),
              IsEmpty());
  for (const char* forward : {"self, x): return torch.linear(x, self.weight * 2)\n",
                              "self, x): return torch.linear(x, self.weight) + self.weight.sum()\n",
                              "self, x): return (torch.linear(x, self.weight), self.weight)\n",
                              "self, x): return torch.linear(x, self.weight) + torch.matmul(x, torch.t(self.weight))\n",
                              "self, x):\n  if self.training:\n    w = self.bias\n  else:\n    w = self.weight\n"
                              "  return torch.linear(x, self.weight) + w.sum()\n"}) {
    EXPECT_THAT(unknown_weight(forward), ElementsAre("weight")) << forward;
  }
}

TEST_F(PatchedCompiledModule, AgreesWithTheInterpretedOne) {
  const auto module = module_of("self, x, y): return torch.linear(x, self.weight, self.bias) + y\n", linear_weights);
  const Tensors inputs{at::randn({2, 7, 32}), at::randn({2, 7, 48})};
  const auto one = compiled(module), other = interpreted(module);
  const std::vector<NamedDelta> deltas{{"weight", LowRankDelta{at::randn({48, 4}), at::randn({4, 32}), 0.7}}};
  one->patch(deltas);
  other->patch(deltas);
  expect_close(one->run(inputs), other->run(inputs), kFloatTolerance);
}

}  // namespace
}  // namespace deepcache_gen
