#include "backend/barrier_waiting.h"

#include <omp.h>

#include <cstdlib>
#include <latch>
#include <optional>
#include <system_error>
#include <vector>

#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

// libgomp ends the process where it can't begin a thread.
bool can_begin_threads(int count) {
  std::latch done(1);
  std::vector<std::jthread> threads;
  threads.reserve(static_cast<std::size_t>(count));
  bool all_begun = true;
  try {
    while (static_cast<int>(threads.size()) < count) threads.emplace_back([&] { done.wait(); });
  } catch (const std::exception&) {
    all_begun = false;
  }
  done.count_down();
  return all_begun;
}

bool user_decides() { return std::getenv("OMP_WAIT_POLICY") != nullptr || std::getenv("GOMP_SPINCOUNT") != nullptr; }

}  // namespace

IdleTeam::IdleTeam() : leader_([this](const std::stop_token& stop) { idle(stop); }) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return settled_; });
}

IdleTeam::~IdleTeam() = default;

// The team stays with the thread that began it, and ends with it.
void IdleTeam::idle(const std::stop_token& stop) {
  const int threads = omp_get_num_procs() + 1;
  [[maybe_unused]] int members = 0;
  if (can_begin_threads(threads)) {
#pragma omp parallel num_threads(threads) reduction(+ : members)
    members = 1;
  }
  std::unique_lock lock(mutex_);
  settled_ = true;
  changed_.notify_all();
  changed_.wait(lock, stop, [] { return false; });
}

std::chrono::milliseconds Crowding::until_next_look() const { return std::chrono::milliseconds(crowded_ ? 500 : 200); }

// Alone, the unluckiest thread is kept waiting for 1 to 6 % of the time between two looks; beside one busy process, for
// a third to a half of it, whether threads sleep at barriers or not.
void Crowding::look(double delay_share) {
  constexpr double kCrowdedAbove = 0.25, kCrowdedUntil = 0.08;
  crowded_ = delay_share > (crowded_ ? kCrowdedUntil : kCrowdedAbove);
}

BarrierWaiting::BarrierWaiting() {
  if (user_decides() || run_delays().empty()) return;
  try {
    watcher_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
  } catch (const std::system_error&) {
    // Without a thread for it, waiting stays as OpenMP has it.
  }
}

void BarrierWaiting::watch(const std::stop_token& stop) {
  Crowding crowding;
  std::optional<IdleTeam> idle_team;
  RunDelays before;
  Stopwatch stopwatch;
  while (wait(stop, crowding.until_next_look())) {
    try {
      const RunDelays now = run_delays();
      crowding.look(largest_delay_share(before, now, stopwatch.restart()));
      before = now;
      if (!crowding.is_crowded()) {
        idle_team.reset();
      } else if (!idle_team) {
        idle_team.emplace();
      }
    } catch (const std::exception&) {
      // No memory or no thread is to be had: not worth a picture. The next look may find some.
    }
  }
}

bool BarrierWaiting::wait(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  stopped_.wait_for(lock, stop, time, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace deepcache_gen
