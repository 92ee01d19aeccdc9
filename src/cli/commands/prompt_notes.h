#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/output/picture.h"
#include "cli/terminal/messages.h"
#include "pipeline/size_note.h"
#include "pipeline/style_note.h"
#include "pipeline/unknown_words.h"

namespace deepcache_gen {

/// What a run says once about all of its prompts: the words that the model does not know, for models that say which
/// they know; what is read as it stands though another prompt style would not; and which embeddings were named and
/// stand in none; and the first size that the model was not trained for.
class PromptNotes {
 public:
  /// `hints_at_style`: nobody has chosen one. Throws `Error` where the model's list of words can't be used.
  explicit PromptNotes(const ModelInfo& model, bool hints_at_style = true);

  /// Looks at the prompt of a picture; those of one prompt come one after another.
  void add(const Picture& picture);
  /// Says a line of each, if there is anything to say.
  void say(const Messages& messages) const;

 private:
  void add_embeddings(const GenerationSettings& settings);
  void add_words(const GenerationSettings& settings);
  std::string text_of_words() const;

  std::string model_, subject_;
  std::optional<KnownWords> known_;
  std::shared_ptr<const GenerationPlan> last_plan_;
  std::set<std::string> used_embeddings_, unused_embeddings_;  ///< tokens; one may be in both
  int prompts_ = 0, prompts_with_unknown_ = 0;
  std::set<std::string> unknown_;
  bool hints_at_style_;
  StyleNote style_;
  SizeNote size_;
  std::vector<std::string> first_unknown_;  ///< those that are named, in the order in which they came
};

}  // namespace deepcache_gen
