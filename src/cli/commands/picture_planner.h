#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "cli/options/command_line.h"
#include "cli/output/output_names.h"
#include "cli/output/picture.h"
#include "cli/prompts/prompt_lines.h"
#include "model/model_info.h"
#include "pipeline/tasks/task_table.h"

namespace deepcache_gen {

/// Decides everything about the pictures of a prompt before any is made: settings, steps, seeds, files.
class PicturePlanner {
 public:
  /// Resolves and plans a request against the model. Throws `UsageError`.
  using Plan = std::function<GenerationPlan(const GenerationRequest&)>;
  /// The identity of the model for pictures of these settings.
  using Identify = std::function<std::shared_ptr<const ModelIdentity>(const GenerationSettings&)>;
  /// `output`: of the command line, for prompts that name none of their own; `draw_seed`: for those without one.
  PicturePlanner(Plan plan, Identify identify, std::function<std::int64_t()> draw_seed,
                 std::optional<std::string> output);

  /// The pictures of one prompt. Throws `UsageError` for a value that is not accepted.
  std::vector<Picture> plan(const PictureRequest& entry) const;

 private:
  OutputNames names_for(const PictureRequest& entry) const;
  std::filesystem::path file_of(const PictureRequest& entry, const OutputNames& names, const ImageJob& job) const;

  Plan plan_;
  Identify identify_;
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

/// A seed of 32 bits, short enough to type again, from the operating system's entropy, so that two processes started at
/// the same moment differ. Throws `Error` where the system has none.
std::int64_t random_seed();

/// The planner of a command line's pictures; `model` must outlive it. Here, since what it calls needs LibTorch.
inline PicturePlanner make_planner(const CommandLine& line, const ModelInfo& model) {
  const auto plan = [&model](const GenerationRequest& request) { return plan_generation(resolve(request, model)); };
  const auto identities = std::make_shared<ModelIdentities>(model);
  const auto identify = [identities](const GenerationSettings& settings) { return identities->of(settings); };
  return {plan, identify, random_seed, line.picture.output};
}

/// What to do about files that are there before a run.
class PictureFiles {
 public:
  explicit PictureFiles(const OutputOptions& options) : resume_(options.resume), overwrite_(options.overwrite) {}

  /// True where --resume finds the picture made. Throws `UsageError` where the file holds anything else and may not be
  /// replaced, and `Error` where it can't be written.
  bool is_made(const Picture& picture) const;

  /// For a file beside the pictures that is never the same twice, such as one with times in it, and that `flag` asks
  /// for. Throws `UsageError` where there is one that may not be replaced, and `Error` where it can't be written.
  void require_free(const std::string& flag, const std::filesystem::path& file) const;

 private:
  bool resume_, overwrite_;
};

}  // namespace deepcache_gen
