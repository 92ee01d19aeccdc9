#include "backend/archive/accepted_operators.h"

#include <sstream>

namespace deepcache_gen {
namespace {

// How TorchScript's source text writes a call of the operator.
std::string function_of(const std::string& name) {
  if (name == "aten::Int.Tensor") return "int";
  const std::string plain = name.substr(0, name.find('.'));
  const std::size_t colons = plain.find("::");
  return (plain.starts_with("aten") ? "torch." : "ops.prim.") + plain.substr(colons + 2);
}

}  // namespace

AcceptedOperators::AcceptedOperators() {
  const std::span<const std::uint8_t> text = accepted_operators_text();
  std::istringstream lines(std::string(text.begin(), text.end()));
  for (std::string name; std::getline(lines, name);) {
    names_.insert(name);
    functions_.insert(function_of(name));
  }
}

}  // namespace deepcache_gen
