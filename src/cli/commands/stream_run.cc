#include "cli/commands/stream_run.h"

#include <utility>

#include "support/error.h"

namespace deepcache_gen {

StreamRun::StreamRun(PromptStream& stream, std::optional<Shard> shard, const PicturePlanner& planner,
                     const PictureFiles& files, ImageWriter& writer, WordsNote& words_note, std::string model)
    : stream_(stream),
      shard_(shard),
      planner_(planner),
      files_(files),
      writer_(writer),
      words_note_(words_note),
      model_(std::move(model)) {}

void StreamRun::make_all(PictureRun& run, const Engine& engine) {
  while (true) {
    fill_queue(run, engine);
    if (queue_.empty() && stream_.ended()) return;
    if (!queue_.empty()) run.make_batch(queue_);
  }
}

// Waits for a prompt only where there is nothing else to do.
void StreamRun::fill_queue(PictureRun& run, const Engine& engine) {
  const auto is_full = [&] {
    return !queue_.empty() && queue_.size() >= static_cast<std::size_t>(engine.batch_size(queue_.front().settings()));
  };
  while (!is_full()) {
    const std::optional<PromptLine> line = stream_.next(queue_.empty());
    if (!line) return;
    take(*line, run);
  }
}

void StreamRun::take(const PromptLine& line, PictureRun& run) {
  const auto* bad = std::get_if<BadLine>(&line);
  const auto* entry = std::get_if<PromptEntry>(&line);
  const int item = bad ? bad->item : entry->item.value_or(0);
  if (shard_ && !shard_->has(item)) return;
  BadLine problem = bad ? *bad : BadLine{item, entry->source, ""};
  try {
    if (!bad) return take_entry(*entry);
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const Error& error) {
    problem.problem = error.what();
  }
  writer_.report_bad_line(problem.item, problem.source, problem.problem);
  run.add_failure(problem.source, problem.problem);
}

void StreamRun::take_entry(const PromptEntry& entry) {
  std::vector<Picture> pictures = planner_.plan(entry), to_make;
  for (Picture& picture : pictures) {
    if (files_.is_made(picture)) {
      writer_.report_skipped(picture, model_);
    } else {
      to_make.push_back(std::move(picture));
    }
  }
  for (Picture& picture : to_make) {
    words_note_.add(picture);
    queue_.add(std::move(picture));
  }
}

}  // namespace deepcache_gen
