#pragma once

#include <torch/csrc/jit/ir/ir.h>

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "backend/graph/weight_source.h"
#include "backend/patchable_weights.h"

namespace deepcache_gen {

// The constants of a graph that are weights of its module know what these are called there. Passes leave that alone,
// and do not take two weights of equal numbers for one.

/// Gives the constant of a weight its names: paths of attributes.
void name_weight(torch::jit::Node& constant, std::vector<std::string> names);
/// Takes them away: what is computed of the weight would not follow it.
void forget_names(torch::jit::Node& constant);
bool is_named_weight(const torch::jit::Value& value);

/// Puts one constant in the place of several named ones: their rows, one after the other. It is an outline (see
/// `WeightSource`). Throws what LibTorch does where they differ in more than the number of rows.
torch::jit::Value* insert_rows(torch::jit::Graph& graph, const std::vector<const torch::jit::Value*>& weights);

/// The named weights of a graph that is lowered.
class GraphWeights {
 public:
  /// `file`: that weights are views of, if they are.
  explicit GraphWeights(std::shared_ptr<const MappedFile> file) : file_(std::move(file)) {}

  /// What a constant is packed from.
  WeightSource source_of(const torch::jit::Value& constant);
  /// Says that a value is used otherwise than packed, and so can't be patched if it is a weight.
  void exclude(const torch::jit::Value& value);
  /// All that were packed and not excluded.
  PatchableWeights take_patchable();

 private:
  std::shared_ptr<const MappedFile> file_;
  PatchableWeights packed_;
  std::set<std::string> excluded_;
};

}  // namespace deepcache_gen
