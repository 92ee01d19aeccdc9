#include "backend/operator_check.h"

#include <torch/csrc/jit/ir/constants.h>
#include <torch/csrc/jit/ir/ir.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "backend/archive/accepted_operators.h"
#include "backend/archive/refusal.h"
#include "backend/graph/straight_line_graph.h"

namespace deepcache_gen {
namespace {

// SD 2.1's text encoder has 1,800, SDXL's second one a third more layers. LibTorch goes through them node within node,
// on the stack.
constexpr std::uint64_t kMaxNodes = 20'000;

// What code is made of besides operators.
constexpr std::array kLanguage{c10::prim::Constant,      c10::prim::GetAttr,    c10::prim::CallMethod,
                               c10::prim::ListConstruct, c10::prim::ListUnpack, c10::prim::TupleConstruct,
                               c10::prim::TupleUnpack,   c10::prim::If};

// "__torch__.exporter.rungs.MidRung.forward": without the numbers that LibTorch tells classes of one name apart by.
std::string without_mangling(const std::string& name) {
  const std::size_t mangled = name.find("___torch_mangle_");
  if (mangled == std::string::npos) return name;
  return name.substr(0, mangled) + name.substr(std::min(name.find('.', mangled), name.size() - 1) + 1);
}

using Test = bool (*)(const c10::IValue& value);

bool is_off(const c10::IValue& value) { return value.isNone() || (value.isBool() && !value.toBool()); }

bool is_no_chance(const c10::IValue& value) { return value.isDouble() && value.toDouble() == 0; }

// LibTorch looks types up by their number without asking whether there is such a one. These are plain numbers.
bool is_dtype(const c10::IValue& value) {
  constexpr std::array kPlain{at::kByte, at::kChar,  at::kShort,  at::kInt,  at::kLong,
                              at::kHalf, at::kFloat, at::kDouble, at::kBool, at::kBFloat16};
  const auto is_value = [&](at::ScalarType dtype) { return value.toInt() == static_cast<std::int64_t>(dtype); };
  return value.isNone() || (value.isInt() && std::any_of(kPlain.begin(), kPlain.end(), is_value));
}

bool is_none_or_first(const c10::IValue& value) { return value.isNone() || (value.isInt() && value.toInt() == 0); }

bool is_memory_format(const c10::IValue& value) {
  return value.isNone() || (value.isInt() && value.toInt() >= 0 && value.toInt() <= 2);
}

// LibTorch does not look at how far a scale leads.
bool is_scale(const c10::IValue& value) {
  return value.isNone() || (value.isDouble() && value.toDouble() >= 1.0 / 64 && value.toDouble() <= 64);
}

// Settings by the names that operators' schemas give them. They must be known and be one of those that are harmless.
const std::map<std::string, Test> kSettings{{"train", is_off},
                                            {"dropout_p", is_no_chance},
                                            {"dtype", is_dtype},
                                            {"layout", is_none_or_first},
                                            {"memory_format", is_memory_format},
                                            {"pin_memory", is_off},
                                            {"scales_h", is_scale},
                                            {"scales_w", is_scale},
                                            {"scale_factors", is_scale}};

bool is_harmless(const torch::jit::Value& value, Test test) {
  if (value.node()->kind() == c10::prim::ListConstruct) {
    const auto items = value.node()->inputs();
    return std::all_of(items.begin(), items.end(), [&](const auto* item) { return is_harmless(*item, test); });
  }
  const std::optional<c10::IValue> known = torch::jit::toIValue(&value);
  return known && test(*known);
}

// The first setting that is not harmless; empty without.
std::string harmful_setting(const torch::jit::Node& node, const c10::FunctionSchema& schema) {
  for (std::size_t i = 0; i < schema.arguments().size(); ++i) {
    const auto setting = kSettings.find(schema.arguments()[i].name());
    if (setting != kSettings.end() && !is_harmless(*node.input(i), setting->second)) return setting->first;
  }
  return {};
}

class OperatorCheck {
 public:
  void check(const torch::jit::Module& module) {
    std::set<const c10::ClassType*> types;
    for (const torch::jit::Module& part : module.modules()) {
      if (!types.insert(part.type().get()).second) continue;
      for (const torch::jit::Function* method : part.type()->methods()) size_of(*method);
    }
  }

 private:
  // How many nodes the method has when its calls are replaced.
  std::uint64_t size_of(const torch::jit::Function& method) {
    const auto known = sizes_.find(&method);
    if (known != sizes_.end()) return known->second;
    const std::uint64_t size = size_of(*torch::jit::toGraphFunction(method).graph()->block(), method);
    return sizes_[&method] = size;
  }

  std::uint64_t size_of(const torch::jit::Block& block, const torch::jit::Function& method) {
    std::uint64_t size = 0;
    for (const torch::jit::Node* node : block.nodes()) {
      check(*node, method);
      size += 1 + (node->kind() == c10::prim::CallMethod ? size_of(called_by(*node)) : 0);
      for (const torch::jit::Block* inner : node->blocks()) size += size_of(*inner, method);
      if (size > kMaxNodes) {
        refuse_archive(name_of(method) + " does more than " + std::to_string(kMaxNodes) + " operations");
      }
    }
    return size;
  }

  void check(const torch::jit::Node& node, const torch::jit::Function& method) const {
    if (std::find(kLanguage.begin(), kLanguage.end(), node.kind()) != kLanguage.end()) return;
    const c10::FunctionSchema* schema = node.maybeSchema();
    const std::string name = schema ? c10::toString(schema->operator_name()) : node.kind().toQualString();
    if (!schema || !operators_.contains(name)) {
      refuse_archive(name_of(method) + " has operator " + name + ", which no model needs that the exporter makes");
    }
    const std::string setting = harmful_setting(node, *schema);
    if (!setting.empty()) {
      refuse_archive(name_of(method) + " has operator " + name + " with a " + setting + " that no model has");
    }
  }

  static std::string name_of(const torch::jit::Function& method) {
    return without_mangling(method.qualname().qualifiedName());
  }

  std::map<const torch::jit::Function*, std::uint64_t> sizes_;
  AcceptedOperators operators_;
};

}  // namespace

void check_operators(const torch::jit::Module& module) { OperatorCheck().check(module); }

}  // namespace deepcache_gen
