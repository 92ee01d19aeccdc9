#include "cli/run/work_queue.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "pipeline/picture_settings.h"
#include "support/interrupted.h"

namespace deepcache_gen {
namespace {

// A list without two prompts that go together would otherwise be searched to its end for every picture.
constexpr std::size_t kFarthest = 4096;

// A signal wakes nobody.
constexpr std::chrono::milliseconds kBetweenLooks{100};

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

WorkQueue::WorkQueue(std::size_t workers, PictureQueue pictures, PictureFeed* feed, std::function<bool()> interrupted)
    : queue_(std::move(pictures)),
      feed_(feed),
      interrupted_(std::move(interrupted)),
      doubts_(workers, 0),
      retired_(workers, false) {}

std::vector<Picture> WorkQueue::take(std::size_t worker, const BatchSize& most) {
  Lock lock(mutex_);
  while (true) {
    if (interrupted_()) throw Interrupted();
    if (std::optional<Picture> picture = take_returned(worker)) return {std::move(*picture)};
    if (is_trusted(worker)) {
      fill(lock, worker, most);
      if (is_trusted(worker) && !queue_.empty()) return take_new(most);
    }
    if (is_over()) return {};
    changed_.wait_for(lock, kBetweenLooks);
  }
}

std::vector<Attempt> WorkQueue::succeed(const Picture& picture) {
  const Lock lock(mutex_);
  --taken_;
  std::vector<Attempt> retired;
  for (const Attempt& attempt : picture.failed) {
    --doubts_[attempt.worker];
    if (retire(attempt.worker)) retired.push_back(attempt);
  }
  changed_.notify_all();
  return retired;
}

bool WorkQueue::give_back(std::size_t worker, Picture picture, const std::string& problem) {
  const Lock lock(mutex_);
  --taken_;
  changed_.notify_all();
  if (picture.failed.size() + 1 == doubts_.size()) {
    for (const Attempt& attempt : picture.failed) --doubts_[attempt.worker];
    return false;
  }
  ++doubts_[worker];
  picture.failed.push_back({worker, problem});
  returned_.push_back(std::move(picture));
  return true;
}

bool WorkQueue::is_over() const {
  return queue_.empty() && returned_.empty() && taken_ == 0 && !reading_ && (feed_ == nullptr || feed_->ended());
}

bool WorkQueue::is_for(const Picture& picture, std::size_t worker) const {
  return std::none_of(picture.failed.begin(), picture.failed.end(),
                      [&](const Attempt& attempt) { return attempt.worker == worker; });
}

bool WorkQueue::has_returned_for(std::size_t worker) const {
  return std::any_of(returned_.begin(), returned_.end(),
                     [&](const Picture& picture) { return is_for(picture, worker); });
}

std::optional<Picture> WorkQueue::take_returned(std::size_t worker) {
  const auto found =
      std::find_if(returned_.begin(), returned_.end(), [&](const Picture& picture) { return is_for(picture, worker); });
  if (found == returned_.end()) return {};
  Picture picture = std::move(*found);
  returned_.erase(found);
  ++taken_;
  return picture;
}

std::vector<Picture> WorkQueue::take_new(const BatchSize& most) {
  std::vector<Picture> batch = queue_.take_batch(static_cast<std::size_t>(most(queue_.front().settings())));
  for (Picture& picture : batch) picture.place = next_place_++;
  taken_ += static_cast<int>(batch.size());
  return batch;
}

// Until there is a whole batch or no more has arrived.
void WorkQueue::fill(Lock& lock, std::size_t worker, const BatchSize& most) {
  const auto is_full = [&] {
    return !queue_.empty() && queue_.size() >= static_cast<std::size_t>(most(queue_.front().settings()));
  };
  while (feed_ != nullptr && !reading_ && !feed_->ended() && !is_full()) {
    if (!read(lock, worker)) return;
  }
}

// Waits only where there is nothing else to do, also for what comes back meanwhile.
bool WorkQueue::read(Lock& lock, std::size_t worker) {
  reading_ = true;
  lock.unlock();
  const auto may_wait = [&] {
    const Lock looking(mutex_);
    return queue_.empty() && !has_returned_for(worker);
  };
  std::optional<std::vector<Picture>> pictures = feed_->next(may_wait);
  lock.lock();
  reading_ = false;
  changed_.notify_all();
  if (!pictures) return false;
  for (Picture& picture : *pictures) queue_.add(std::move(picture));
  return true;
}

bool WorkQueue::retire(std::size_t worker) {
  const auto left = std::count(retired_.begin(), retired_.end(), false);
  if (retired_[worker] || left == 1) return false;
  retired_[worker] = true;
  return true;
}

}  // namespace deepcache_gen
