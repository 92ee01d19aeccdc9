#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cli/output/picture.h"

namespace deepcache_gen {

/// Where pictures come from while a run is going on.
class PictureFeed {
 public:
  virtual ~PictureFeed() = default;

  /// The pictures of the next prompt; there may be none to make. Nothing where the feed has ended, or where no prompt
  /// is there and `may_wait`, which is asked again and again, says no. One thread asks at a time. Throws `Interrupted`
  /// and what reading throws.
  virtual std::optional<std::vector<Picture>> next(const std::function<bool()>& may_wait) = 0;
  virtual bool ended() const = 0;
};

/// Pictures that wait to be made, and which of them go together.
class PictureQueue {
 public:
  void add(Picture picture) { pictures_.push_back(std::move(picture)); }
  bool empty() const { return pictures_.empty(); }
  std::size_t size() const { return pictures_.size(); }
  /// The one that is next; there must be one.
  const Picture& front() const { return pictures_.front(); }

  /// Takes out the first picture and those behind it that can share its batch (`can_share_batch`), at most `most`, in
  /// their order. It looks no more than a few thousand pictures ahead.
  std::vector<Picture> take_batch(std::size_t most);

 private:
  std::deque<Picture> pictures_;
};

/// Shares the pictures of a run out among workers, one for each device. A picture that one can't make is tried by every
/// other; until that has shown which of the two is to blame, the worker gets no new pictures. For use by several
/// threads.
class WorkQueue {
 public:
  using BatchSize = std::function<int(const GenerationSettings&)>;

  /// `workers` take from it, numbered from 0. `feed`: where more pictures come from, borrowed; null: there are no more.
  WorkQueue(std::size_t workers, PictureQueue pictures, PictureFeed* feed, std::function<bool()> interrupted);

  /// The next batch for a worker, which has to end every picture of it by `succeed` or `give_back`. Waits where others
  /// may still leave something to do. Empty: the run is over. Throws `Interrupted`, and what the feed throws.
  std::vector<Picture> take(std::size_t worker, const BatchSize& most);

  /// The picture is made. Returns the attempts of workers that get nothing new from now on, since it was not the
  /// picture's fault; the last worker always stays.
  std::vector<Attempt> succeed(const Picture& picture);

  /// The worker can't make the picture. False: neither could the others.
  bool give_back(std::size_t worker, Picture picture, const std::string& problem);

 private:
  using Lock = std::unique_lock<std::mutex>;

  bool is_trusted(std::size_t worker) const { return doubts_[worker] == 0 && !retired_[worker]; }
  bool is_over() const;
  bool is_for(const Picture& picture, std::size_t worker) const;
  bool has_returned_for(std::size_t worker) const;
  std::optional<Picture> take_returned(std::size_t worker);
  std::vector<Picture> take_new(const BatchSize& most);
  void fill(Lock& lock, std::size_t worker, const BatchSize& most);
  bool read(Lock& lock, std::size_t worker);
  bool retire(std::size_t worker);

  PictureQueue queue_;
  PictureFeed* feed_;
  std::function<bool()> interrupted_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Picture> returned_;
  std::size_t next_place_ = 0;
  int taken_ = 0;         ///< pictures in the hands of workers
  bool reading_ = false;  ///< a worker waits for the feed, without the lock
  // For each worker: the pictures it could not make and of which nobody knows yet whether another can.
  std::vector<int> doubts_;
  std::vector<bool> retired_;
};

}  // namespace deepcache_gen
