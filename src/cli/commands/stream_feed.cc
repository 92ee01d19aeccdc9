#include "cli/commands/stream_feed.h"

#include <utility>

#include "support/error.h"

namespace deepcache_gen {

StreamFeed::StreamFeed(PromptStream& stream, std::optional<Shard> shard, const PicturePlanner& planner,
                       const PictureFiles& files, WordsNote& words_note, PictureRun& run)
    : stream_(stream), shard_(shard), planner_(planner), files_(files), words_note_(words_note), run_(run) {}

std::optional<std::vector<Picture>> StreamFeed::next(const std::function<bool()>& may_wait) {
  const std::optional<PromptLine> line = stream_.next(may_wait);
  if (!line) return {};
  return pictures_of(*line);
}

std::vector<Picture> StreamFeed::pictures_of(const PromptLine& line) {
  const auto* bad = std::get_if<BadLine>(&line);
  const auto* entry = std::get_if<PictureRequest>(&line);
  const int item = bad ? bad->item : entry->item.value_or(0);
  if (shard_ && !shard_->has(item)) return {};
  BadLine problem = bad ? *bad : BadLine{item, entry->source, ""};
  try {
    if (!bad) return plan(*entry);
  } catch (const NoMoreOutput&) {
    throw;
  } catch (const Error& error) {
    problem.problem = error.what();
  }
  run_.add_bad_line(problem);
  return {};
}

std::vector<Picture> StreamFeed::plan(const PictureRequest& entry) {
  std::vector<Picture> pictures = planner_.plan(entry), to_make;
  for (Picture& picture : pictures) {
    if (files_.is_made(picture)) {
      run_.skip(picture);
    } else {
      to_make.push_back(std::move(picture));
    }
  }
  for (const Picture& picture : to_make) words_note_.add(picture);
  return to_make;
}

}  // namespace deepcache_gen
