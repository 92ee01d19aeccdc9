#pragma once

#include <optional>
#include <string>

#include "cli/commands/picture_files.h"
#include "cli/commands/picture_planner.h"
#include "cli/commands/picture_run.h"
#include "cli/commands/words_note.h"
#include "cli/prompts/prompt_stream.h"

namespace deepcache_gen {

/// Makes the prompts of a stream: each as soon as it arrives, those that have arrived together in one batch.
class StreamRun {
 public:
  /// All but `shard` and `model` (its name) is borrowed.
  StreamRun(PromptStream& stream, std::optional<Shard> shard, const PicturePlanner& planner, const PictureFiles& files,
            ImageWriter& writer, WordsNote& words_note, std::string model);

  /// Returns when the stream has ended and all is made. Throws as `PictureRun::make_batch` and `PromptStream::next` do.
  void make_all(PictureRun& run, const Engine& engine);

 private:
  void fill_queue(PictureRun& run, const Engine& engine);
  void take(const PromptLine& line, PictureRun& run);
  void take_entry(const PromptEntry& entry);

  PromptStream& stream_;
  std::optional<Shard> shard_;
  const PicturePlanner& planner_;
  const PictureFiles& files_;
  ImageWriter& writer_;
  WordsNote& words_note_;
  std::string model_;
  PictureQueue queue_;
};

}  // namespace deepcache_gen
