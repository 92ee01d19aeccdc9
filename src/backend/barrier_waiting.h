#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "backend/run_delay.h"

namespace deepcache_gen {

/// Threads of OpenMP's that do nothing. While they are there, OpenMP has more threads than the process has processors,
/// and libgomp then lets a thread that waits for others give up its processor after 100 looks instead of some 300,000
/// (GNU libgomp manual, GOMP_SPINCOUNT).
class IdleTeam {
 public:
  /// Begins as many as there are processors, and one more. Begins none where so many can't be had; throws
  /// `std::system_error` where not even one can.
  IdleTeam();
  /// Ends them.
  ~IdleTeam();

 private:
  void idle(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  bool settled_ = false;
  std::jthread leader_;  // last: it uses the others
};

/// Whether others want the processors too, judged look by look from the `largest_delay_share` since the last one.
class Crowding {
 public:
  /// How long after a look the next one is due: soon while there is room, later while there is none, so that a pause of
  /// the others is not taken for their end.
  std::chrono::milliseconds until_next_look() const;
  void look(double delay_share);
  bool is_crowded() const { return crowded_; }

 private:
  bool crowded_ = false;
};

/// How OpenMP's threads wait for each other at the end of every parallel loop, of which a UNet pass has thousands.
/// Alone on the processors, looking again and again is best: going to sleep and being woken takes longer than most
/// waits, and doubles the time of a small model's pass. Beside other work it is worst: the thread that is waited for
/// has no processor while the one that looks again has one. So, while an object of this class lives, a thread of its
/// own watches how long the process's threads are kept from running, and has an `IdleTeam` for as long as they are.
/// What is computed does not depend on it. One per process is enough. Does nothing where the user has decided
/// (OMP_WAIT_POLICY, GOMP_SPINCOUNT) or the kernel keeps no account.
///
/// Why not another way: libgomp reads GOMP_SPINCOUNT once, when it is loaded, so that a fixed number would have to be
/// set before the program begins, and no number is right for both: on 2 cores of a Zen 4, 100 took 1.75 times as long
/// as 10,000 alone, and 10,000 five times as long as 100 beside a second process.
class BarrierWaiting {
 public:
  BarrierWaiting();

 private:
  void watch(const std::stop_token& stop);
  bool wait(const std::stop_token& stop, std::chrono::milliseconds time);

  std::mutex mutex_;
  std::condition_variable_any stopped_;
  std::jthread watcher_;  // last: it uses the others
};

}  // namespace deepcache_gen
