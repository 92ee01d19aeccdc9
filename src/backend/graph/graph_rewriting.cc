#include "backend/graph/graph_rewriting.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/subgraph_matcher.h>
#include <torch/csrc/jit/passes/subgraph_rewrite.h>

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace deepcache_gen {
namespace {

using torch::jit::Match;
using torch::jit::Value;
using ValuesByName = std::unordered_map<std::string, Value*>;

constexpr Rewriting kForEveryDevice[] = {
    // What does nothing outside training, or was there for a layout that our backends do not use.
    {R"(graph(%x, %p, %train):
          %y = aten::dropout(%x, %p, %train)
          return (%y))",
     R"(graph(%x, %p, %train):
          return (%x))"},
    {R"(graph(%x, %one):
          %y = aten::div(%x, %one)
          return (%y))",
     R"(graph(%x, %one):
          return (%x))"},
    {R"(graph(%x, %channels_first, %format):
          %y = aten::permute(%x, %channels_first)
          %z = aten::contiguous(%y, %format)
          return (%z))",
     R"(graph(%x, %channels_first, %format):
          %y = aten::permute(%x, %channels_first)
          return (%y))"},

    {R"(graph(%x, %per_channel, %alpha, %groups, %weight, %bias, %eps, %cudnn):
          %sum = aten::add(%x, %per_channel, %alpha)
          %normal = aten::group_norm(%sum, %groups, %weight, %bias, %eps, %cudnn)
          return (%normal))",
     R"(graph(%x, %per_channel, %alpha, %groups, %weight, %bias, %eps, %cudnn):
          %silu : bool = prim::Constant[value=0]()
          %normal = deepcache_gen::group_norm(%x, %per_channel, %groups, %weight, %bias, %eps, %silu)
          return (%normal))"},
    {R"(graph(%x, %groups, %weight, %bias, %eps, %cudnn):
          %normal = aten::group_norm(%x, %groups, %weight, %bias, %eps, %cudnn)
          return (%normal))",
     R"(graph(%x, %groups, %weight, %bias, %eps, %cudnn):
          %none : NoneType = prim::Constant()
          %silu : bool = prim::Constant[value=0]()
          %normal = deepcache_gen::group_norm(%x, %none, %groups, %weight, %bias, %eps, %silu)
          return (%normal))"},
    {R"(graph(%x, %addend, %groups, %weight, %bias, %eps, %silu):
          %normal = deepcache_gen::group_norm(%x, %addend, %groups, %weight, %bias, %eps, %silu)
          %y = aten::silu(%normal)
          return (%y))",
     R"(graph(%x, %addend, %groups, %weight, %bias, %eps, %silu):
          %true : bool = prim::Constant[value=1]()
          %y = deepcache_gen::group_norm(%x, %addend, %groups, %weight, %bias, %eps, %true)
          return (%y))"},

    {R"(graph(%x, %matrix, %bias, %halves, %dim, %approximate):
          %both = aten::linear(%x, %matrix, %bias)
          %list : Tensor[] = aten::chunk(%both, %halves, %dim)
          %value : Tensor, %gate : Tensor = prim::ListUnpack(%list)
          %gelu = aten::gelu(%gate, %approximate)
          %y = aten::mul(%value, %gelu)
          return (%y))",
     R"(graph(%x, %matrix, %bias, %halves, %dim, %approximate):
          %y = deepcache_gen::geglu(%x, %matrix, %bias)
          return (%y))"},
};

bool equals_one(const c10::IValue& value) {
  if (!value.isTensor()) return value.isScalar() && value.toScalar().equal(1);
  return value.toTensor().numel() == 1 && value.toTensor().item().equal(1);
}

bool is_known(const c10::IValue&) { return true; }
bool is_false(const c10::IValue& value) { return value.isBool() && !value.toBool(); }
bool is_number(const c10::IValue& value, std::int64_t number) { return value.isInt() && value.toInt() == number; }

using Condition = bool (*)(const c10::IValue&);

// What the constants of those names in a pattern must be.
const std::unordered_map<std::string, Condition> kConditions{
    {"weight", [](const c10::IValue& value) { return value.isTensor(); }},
    {"matrix", [](const c10::IValue& value) { return value.isTensor() && value.toTensor().dim() == 2; }},
    {"kernel", [](const c10::IValue& value) { return value.isTensor() && value.toTensor().dim() == 4; }},
    {"bias", is_known},
    {"stride", is_known},
    {"padding", is_known},
    {"dilation", is_known},
    {"groups", is_known},
    {"eps", is_known},
    {"one", equals_one},
    {"alpha", equals_one},
    {"halves", [](const c10::IValue& value) { return is_number(value, 2); }},
    {"dim", [](const c10::IValue& value) { return is_number(value, -1); }},
    {"approximate", [](const c10::IValue& value) { return value.isString() && value.toStringRef() == "none"; }},
    {"channels_first",
     [](const c10::IValue& value) {
       return value.isIntList() && value.toIntVector() == std::vector<std::int64_t>{0, 3, 1, 2};
     }},
    {"train", is_false},
    {"transposed", is_false},
};

// Values that must be tensors, not numbers that are added to one.
bool is_tensor_name(const std::string& name) {
  return name == "x" || name == "other" || name == "residual" || name == "per_channel";
}

bool holds(const std::string& name, const Value* value) {
  if (is_tensor_name(name) && !value->type()->isSubtypeOf(*c10::TensorType::get())) return false;
  if (name == "per_channel") return value->node()->kind() == c10::aten::unsqueeze;
  const auto condition = kConditions.find(name);
  if (condition == kConditions.end()) return true;
  const std::optional<c10::IValue> constant = torch::jit::toIValue(value);
  return constant && condition->second(*constant);
}

bool conditions_hold(const Match& match, const ValuesByName& pattern) {
  return std::all_of(pattern.begin(), pattern.end(), [&](const auto& named) {
    const auto matched = match.values_map.find(named.second);
    return matched == match.values_map.end() || holds(named.first, matched->second);
  });
}

}  // namespace

void rewrite_graph(std::shared_ptr<torch::jit::Graph>& graph, std::span<const Rewriting> rewritings) {
  for (const Rewriting& rewriting : rewritings) {
    torch::jit::SubgraphRewriter rewriter;
    rewriter.RegisterRewritePattern(rewriting.pattern, rewriting.replacement);
    rewriter.runOnGraph(graph, conditions_hold);
  }
}

void fuse_for_every_device(std::shared_ptr<torch::jit::Graph>& graph) { rewrite_graph(graph, kForEveryDevice); }

}  // namespace deepcache_gen
