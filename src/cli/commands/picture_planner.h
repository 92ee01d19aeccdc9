#pragma once

#include <functional>
#include <set>
#include <vector>

#include "cli/output/output_names.h"
#include "cli/output/picture.h"
#include "cli/prompts/prompt_entry.h"

namespace deepcache_gen {

/// Decides everything about the pictures of a prompt before any is made: settings, steps, seeds, files.
class PicturePlanner {
 public:
  /// Resolves and plans a request against the model. Throws `UsageError`.
  using Plan = std::function<GenerationPlan(const GenerationRequest&)>;
  /// `output`: of the command line, for prompts that name none of their own; `draw_seed`: for those without one.
  PicturePlanner(Plan plan, std::function<std::int64_t()> draw_seed, std::optional<std::string> output);

  /// The pictures of one prompt. Throws `UsageError` for a value that is not accepted.
  std::vector<Picture> plan(const PromptEntry& entry) const;

 private:
  OutputNames names_for(const PromptEntry& entry) const;
  std::filesystem::path file_of(const PromptEntry& entry, const OutputNames& names, const ImageJob& job) const;

  Plan plan_;
  std::function<std::int64_t()> draw_seed_;
  std::optional<std::string> output_;
};

/// Throws `UsageError` where two pictures go to one file.
class DistinctFiles {
 public:
  void add(const Picture& picture);

 private:
  std::set<std::filesystem::path> files_;
};

}  // namespace deepcache_gen
