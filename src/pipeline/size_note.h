#pragma once

#include <string>

#include "model/model_info.h"
#include "pipeline/generation_plan.h"

namespace deepcache_gen {

/// Gathers which pictures of a run are of a size that their model was not trained for: another than those that it names
/// (`KnownWordsInfo::sizes`), or, where it names none, an area below a half or above 2.5 times that of its default
/// size, where Stable Diffusion's models are known to lose or repeat what they draw.
class SizeNote {
 public:
  explicit SizeNote(const ModelInfo& model);

  /// Looks at the first pass of a plan: later ones start from what it made.
  void add(const GenerationPlan& plan);
  /// One line, which names the first such size; empty where there is nothing to say.
  std::string text() const;

 private:
  bool was_trained_for(int width, int height) const;

  std::string model_, trained_;  ///< its name; the sizes as messages say them
  std::vector<std::vector<int>> sizes_;
  double usual_area_;  ///< pixels
  std::string first_;
};

}  // namespace deepcache_gen
