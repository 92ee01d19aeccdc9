#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace deepcache_gen {

/// The operators that a model may be made of, in TorchScript's names with their overloads, such as
/// "aten::slice.Tensor": all that scripts/exporter emits for the models that it takes
/// (tests/parity/test_accepted_operators.py compares). They compute on tensors and numbers and do nothing else.
class AcceptedOperators {
 public:
  /// Those of accepted_operators.txt.
  AcceptedOperators();

  /// Whether a graph may have this operator.
  bool contains(const std::string& name) const { return names_.contains(name); }
  /// Whether code may call this function, such as "torch.slice", which may mean several overloads.
  bool are_called(std::string_view function) const { return functions_.contains(function); }

 private:
  std::set<std::string> names_;
  std::set<std::string, std::less<>> functions_;
};

/// The text of accepted_operators.txt, which the build embeds: a name a line.
std::span<const std::uint8_t> accepted_operators_text();

}  // namespace deepcache_gen
