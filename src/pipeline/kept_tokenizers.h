#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "model/model_info.h"
#include "text/tokenizer.h"

namespace deepcache_gen {

/// The tokenizers of models, which are read once: a list has thousands of prompts for one model. For one thread at a
/// time.
class KeptTokenizers {
 public:
  using Tokenizers = std::vector<std::unique_ptr<Tokenizer>>;

  /// Those of the model's text encoders, in their order; they live as long as this. Throws what `load_tokenizer` does.
  const Tokenizers& of(const ModelInfo& model);

 private:
  std::map<std::filesystem::path, Tokenizers> by_folder_;
};

}  // namespace deepcache_gen
