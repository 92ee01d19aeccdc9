#pragma once

#include <string>

#include "pipeline/request.h"

namespace deepcache_gen {

/// Gathers what of the prompts of a run is read as it stands and may not be meant so: weights, BREAK and tags, which
/// another prompt style reads.
class StyleNote {
 public:
  /// Looks at the prompts of one request.
  void add(const GenerationSettings& settings);
  /// One line, which names the first of it and the flag; empty where there is nothing to say.
  std::string text() const;

 private:
  int prompts_ = 0, prompts_with_syntax_ = 0;
  std::string first_;
};

}  // namespace deepcache_gen
