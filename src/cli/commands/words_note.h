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

/// The one line of a run that names the words of its prompts that the model does not know. For models that say which
/// they know; of others there is nothing to say.
class WordsNote {
 public:
  /// Throws `Error` where the model's list of words can't be used.
  explicit WordsNote(const ModelInfo& model);

  /// Looks at the prompt of a picture; those of one prompt come one after another.
  void add(const Picture& picture);
  /// Says the line, if any word was unknown.
  void say(const Messages& messages) const;

 private:
  std::string text() const;

  std::string model_, subject_;
  std::optional<KnownWords> known_;
  std::shared_ptr<const GenerationPlan> last_plan_;
  int prompts_ = 0, prompts_with_unknown_ = 0;
  std::set<std::string> unknown_;
  std::vector<std::string> first_unknown_;  ///< those that are named, in the order in which they came
};

}  // namespace deepcache_gen
