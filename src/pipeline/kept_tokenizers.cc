#include "pipeline/kept_tokenizers.h"

#include <utility>

namespace deepcache_gen {

const KeptTokenizers::Tokenizers& KeptTokenizers::of(const ModelInfo& model) {
  const auto found = by_folder_.find(model.folder);
  if (found != by_folder_.end()) return found->second;
  Tokenizers loaded;
  for (const auto& [role, encoder] : model.text_encoders) {
    loaded.push_back(load_tokenizer(encoder.tokenizer, model.folder));
  }
  return by_folder_.emplace(model.folder, std::move(loaded)).first->second;
}

}  // namespace deepcache_gen
