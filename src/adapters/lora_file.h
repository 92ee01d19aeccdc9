#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "backend/tensor_file.h"
#include "backend/weight_delta.h"

namespace deepcache_gen {

/// What is added to the weights of a model's parts, by the role of the part.
using PatchesByRole = std::map<std::string, std::vector<NamedDelta>>;

/// A LoRA (Hu et al., arXiv 2106.09685) as trainers write it into a safetensors file: of kohya, with diffusers' or the
/// original names of layers, of PEFT and of diffusers. See src/adapters/README.md for the names.
class LoraFile {
 public:
  /// Reads the file. Throws `Error` naming it where it can't be read or is no safetensors file.
  explicit LoraFile(const std::filesystem::path& file);

  const std::string& sha256() const { return tensors_.sha256(); }

  /// What the file adds at weight 1 to a model with these weights. `parts`: by role ("unet", "text_encoder",
  /// "text_encoder_2") the published names and sizes of the weights (`published_weights`). Each weight occurs once. The
  /// deltas are views of the file, in its dtypes. Throws `Error` naming the file and the key where it is for another
  /// family, names a layer that the model has not, holds what is not computed (DoRA and others) or NaN.
  PatchesByRole resolve(const std::map<std::string, WeightSizes>& parts) const;

 private:
  std::filesystem::path file_;
  TensorFile tensors_;
};

}  // namespace deepcache_gen
