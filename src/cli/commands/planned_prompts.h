#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/commands/picture_planner.h"
#include "cli/commands/prompt_notes.h"
#include "cli/output/picture_report.h"
#include "cli/prompts/prompt_list.h"
#include "cli/run/picture_run.h"
#include "cli/run/work_queue.h"
#include "cli/terminal/messages.h"

namespace deepcache_gen {

/// What comes of the prompts that are known before a run.
struct ListPlan {
  std::vector<Picture> to_make;
  std::vector<Picture> done;  ///< found made by --resume
  std::vector<BadLine> problems;
};

/// Plans the prompts of this process's shard and looks at the files they go to. What is wrong with a prompt of a list
/// becomes one of the problems; without a list it is thrown as `UsageError` or `Error`.
ListPlan plan_list(const PromptList& list, const PromptListOptions& options, const PicturePlanner& planner,
                   const PictureFiles& files);

/// Moves those pictures that do not fit the loaded model (`Engine::check`) to the problems; without a list it throws
/// the `UsageError`.
void take_out_unfitting(ListPlan& plan, const Engine& engine);

/// Says every problem. Throws the `UsageError` that nothing is made, or with --skip-bad-lines warns and records them.
void report_problems(const std::vector<BadLine>& problems, const PromptListOptions& options,
                     const PictureReport& report, const Messages& messages);

/// The pictures of the prompts of a stream, each planned as it arrives. Pictures that are there and lines that are
/// wrong are reported to the run.
class StreamFeed : public PictureFeed {
 public:
  /// All but `shard` is borrowed.
  StreamFeed(PromptStream& stream, std::optional<Shard> shard, const PicturePlanner& planner, const PictureFiles& files,
             PromptNotes& prompt_notes, PictureRun& run);

  std::optional<std::vector<Picture>> next(const std::function<bool()>& may_wait) override;
  bool ended() const override { return stream_.ended(); }

 private:
  std::vector<Picture> pictures_of(const PromptLine& line);
  std::vector<Picture> plan(const PictureRequest& entry);

  PromptStream& stream_;
  std::optional<Shard> shard_;
  const PicturePlanner& planner_;
  const PictureFiles& files_;
  PromptNotes& prompt_notes_;
  PictureRun& run_;
};

}  // namespace deepcache_gen
