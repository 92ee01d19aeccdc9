#include "cli/run/picture_queue.h"

#include <algorithm>
#include <utility>

#include "pipeline/picture_settings.h"

namespace deepcache_gen {
namespace {

// A list without two prompts that go together would otherwise be searched to its end for every picture.
constexpr std::size_t kFarthest = 4096;

}  // namespace

std::vector<Picture> PictureQueue::take_batch(std::size_t most) {
  std::vector<Picture> batch;
  std::deque<Picture> passed_over;
  const std::size_t reach = std::min(pictures_.size(), kFarthest);
  for (std::size_t looked_at = 0; looked_at < reach && batch.size() < most; ++looked_at) {
    Picture picture = std::move(pictures_.front());
    pictures_.pop_front();
    const bool fits = batch.empty() || can_share_batch(batch.front().settings(), picture.settings());
    if (fits) {
      batch.push_back(std::move(picture));
    } else {
      passed_over.push_back(std::move(picture));
    }
  }
  while (!passed_over.empty()) {
    pictures_.push_front(std::move(passed_over.back()));
    passed_over.pop_back();
  }
  return batch;
}

}  // namespace deepcache_gen
