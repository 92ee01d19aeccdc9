#pragma once

#include <string>
#include <vector>

#include "cli/commands/picture_planner.h"
#include "cli/output/picture_report.h"
#include "cli/prompts/prompt_list.h"
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

/// Says every problem. Throws the `UsageError` that nothing is made, or with --skip-bad-lines warns and records them.
void report_problems(const std::vector<BadLine>& problems, const PromptListOptions& options,
                     const PictureReport& report, const Messages& messages);

}  // namespace deepcache_gen
