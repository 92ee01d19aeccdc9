#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/output/picture.h"
#include "cli/terminal/messages.h"
#include "pipeline/unknown_words.h"

namespace deepcache_gen {

/// What a run says once of the words of all its prompts: which of them the model does not know, of models that say
/// which they know, and which embeddings were named and stand in none.
class WordsNote {
 public:
  /// Throws `Error` where the model's list of words can't be used.
  explicit WordsNote(const ModelInfo& model);

  /// Looks at the prompt of a picture; those of one prompt come one after another.
  void add(const Picture& picture);
  /// Says a line of each, if there are any.
  void say(const Messages& messages) const;

 private:
  void look_for_embeddings(const GenerationSettings& settings);
  std::string text() const;

  std::string model_, subject_;
  std::optional<KnownWords> known_;
  std::shared_ptr<const GenerationPlan> last_plan_;
  std::set<std::string> used_embeddings_, unused_embeddings_;  ///< tokens; one may be in both
  int prompts_ = 0, prompts_with_unknown_ = 0;
  std::set<std::string> unknown_;
  std::vector<std::string> first_unknown_;  ///< those that are named, in the order in which they came
};

}  // namespace deepcache_gen
