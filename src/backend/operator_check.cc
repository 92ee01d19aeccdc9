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

namespace deepcache_gen {
namespace {

// A rung of SDXL has 10,000, its text encoder 5,000.
constexpr std::uint64_t kMaxNodes = 200'000;

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

// Whether an operator is told to leave out numbers at random.
bool is_random(const torch::jit::Node& node, const c10::FunctionSchema& schema) {
  for (std::size_t i = 0; i < schema.arguments().size(); ++i) {
    const std::string& name = schema.arguments()[i].name();
    if (name != "train" && name != "dropout_p") continue;
    const std::optional<c10::IValue> value = torch::jit::toIValue(node.input(i));
    const bool is_off =
        value && ((value->isBool() && !value->toBool()) || (value->isDouble() && value->toDouble() == 0));
    if (!is_off) return true;
  }
  return false;
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

  static const torch::jit::Function& called_by(const torch::jit::Node& call) {
    return call.input(0)->type()->expectRef<c10::ClassType>().getMethod(call.s(c10::attr::name));
  }

  void check(const torch::jit::Node& node, const torch::jit::Function& method) const {
    if (std::find(kLanguage.begin(), kLanguage.end(), node.kind()) != kLanguage.end()) return;
    const c10::FunctionSchema* schema = node.maybeSchema();
    const std::string name = schema ? c10::toString(schema->operator_name()) : node.kind().toQualString();
    if (!schema || !operators_.contains(name)) {
      refuse_archive(name_of(method) + " has operator " + name + ", which no model needs that the exporter makes");
    }
    if (is_random(node, *schema)) refuse_archive(name_of(method) + " has operator " + name + " with random numbers");
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
