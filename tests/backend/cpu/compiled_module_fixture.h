#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backend/cpu/compiled_module.h"
#include "backend/cpu/fusions.h"
#include "backend/graph/merged_linears.h"
#include "backend/graph/straight_line_graph.h"
#include "backend/relative_difference.h"
#include "backend/script_module.h"

namespace deepcache_gen {

using Tensors = std::vector<at::Tensor>;
using Weights = std::vector<std::pair<std::string, at::Tensor>>;

/// Compares what modules compute, compiled and interpreted.
class CompiledModuleTest : public testing::Test {
 protected:
  /// A module with those weights, which takes and returns what `forward` says.
  static torch::jit::Module module_of(const std::string& forward, const Weights& weights) {
    torch::jit::Module module("tested");
    module.register_attribute("training", c10::BoolType::get(), false);
    for (const auto& [name, weight] : weights) module.register_parameter(name, weight, false);
    module.define("def forward(" + forward);
    return module;
  }

  static std::unique_ptr<Module> compiled(const torch::jit::Module& module, at::ScalarType dtype = at::kFloat,
                                          std::optional<std::size_t> held_input = {}) {
    WeightConversion weights(dtype);
    return compile_module(module.deepcopy(), weights, "tested", held_input);
  }

  static std::unique_ptr<Module> interpreted(const torch::jit::Module& module, at::ScalarType dtype = at::kFloat) {
    return interpret_module(module.deepcopy(), {c10::kCPU, dtype}, "tested");
  }

  static void expect_close(const Tensors& actual, const Tensors& expected, double tolerance) {
    ASSERT_EQ(actual.size(), expected.size());
    for (std::size_t i = 0; i < actual.size(); ++i) {
      EXPECT_LE(relative_difference(actual[i], expected[i]), tolerance) << "output " << i;
    }
  }

  /// Runs the module compiled and interpreted.
  static void expect_same(const torch::jit::Module& module, const Tensors& inputs) {
    const auto tested = compiled(module);
    ASSERT_NE(tested, nullptr);
    const Tensors expected = interpreted(module)->run(inputs);
    for (int run = 0; run < 2; ++run) expect_close(tested->run(inputs), expected, kFloatTolerance);
  }

  /// The kinds of operators that are left to run.
  static std::multiset<std::string> operators_of(const torch::jit::Module& module) {
    std::shared_ptr<torch::jit::Graph> graph = take_straight_line_graph(module.deepcopy());
    merge_linears(*graph);
    fuse_operators(graph);
    std::multiset<std::string> kinds;
    for (const torch::jit::Node* node : graph->nodes()) kinds.insert(node->kind().toQualString());
    return kinds;
  }

  /// A convolution of x, of stride 1, over the weight and bias of the module.
  static std::string convolution(const std::string& padding) {
    return "torch._convolution(x, self.weight, self.bias, [1, 1], [" + padding +
           "], [1, 1], False, [0, 0], 1, False, "
           "False, True, True)";
  }

  const Weights linear_weights{{"weight", at::randn({48, 32})}, {"bias", at::randn({48})}};
  const Weights norm_weights{{"weight", at::randn({24}) + 2}, {"bias", at::randn({24})}};
  const Weights convolution_weights{{"weight", at::randn({24, 16, 3, 3})}, {"bias", at::randn({24})}};
  const Weights pixel_weights{{"weight", at::randn({24, 16, 1, 1})}, {"bias", at::randn({24})}};
};

}  // namespace deepcache_gen
