#pragma once

#include <optional>

#include "cli/commands/picture_planner.h"
#include "cli/commands/words_note.h"
#include "cli/prompts/prompt_list.h"
#include "cli/run/picture_run.h"
#include "cli/run/work_queue.h"

namespace deepcache_gen {

/// The pictures of the prompts of a stream, each planned as it arrives. Pictures that are there and lines that are
/// wrong are reported to the run.
class StreamFeed : public PictureFeed {
 public:
  /// All but `shard` is borrowed.
  StreamFeed(PromptStream& stream, std::optional<Shard> shard, const PicturePlanner& planner, const PictureFiles& files,
             WordsNote& words_note, PictureRun& run);

  std::optional<std::vector<Picture>> next(const std::function<bool()>& may_wait) override;
  bool ended() const override { return stream_.ended(); }

 private:
  std::vector<Picture> pictures_of(const PromptLine& line);
  std::vector<Picture> plan(const PictureRequest& entry);

  PromptStream& stream_;
  std::optional<Shard> shard_;
  const PicturePlanner& planner_;
  const PictureFiles& files_;
  WordsNote& words_note_;
  PictureRun& run_;
};

}  // namespace deepcache_gen
