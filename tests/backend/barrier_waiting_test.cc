#include "backend/barrier_waiting.h"

#include <gtest/gtest.h>
#include <omp.h>
#include <sys/resource.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "support/environment_variable.h"
#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

int thread_count() { return static_cast<int>(run_delays().size()); }

// Once those that are ending have ended.
int settled_thread_count() {
  int count = thread_count(), before = -1;
  while (count != before) {
    before = count;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    count = thread_count();
  }
  return count;
}

// How many of 40 times a thread gave up its processor while another of its team came to the barrier half a millisecond
// late.
int sleeps_at_a_barrier() {
  std::vector<long> sleeps(2);
#pragma omp parallel num_threads(2)
  {
    for (int i = 0; i < 40; ++i) {
      const Stopwatch late;
      while (omp_get_thread_num() == 0 && late.seconds() < 0.0005) {
      }
#pragma omp barrier
    }
    rusage used;
    ::getrusage(RUSAGE_THREAD, &used);
    sleeps[static_cast<std::size_t>(omp_get_thread_num())] = used.ru_nvcsw;
  }
  return static_cast<int>(sleeps[1]);
}

TEST(Crowding, BeginsWhereAThreadIsKeptWaitingAndEndsWhereItIsNot) {
  Crowding crowding;
  EXPECT_FALSE(crowding.is_crowded());
  crowding.look(0.1);
  EXPECT_FALSE(crowding.is_crowded()) << "as on any machine";
  crowding.look(0.5);
  EXPECT_TRUE(crowding.is_crowded());
  crowding.look(0.1);
  EXPECT_TRUE(crowding.is_crowded()) << "who sleeps at barriers is in nobody's way";
  crowding.look(0.02);
  EXPECT_FALSE(crowding.is_crowded());
}

TEST(Crowding, IsLookedForOftenAndItsEndIsNot) {
  Crowding crowding;
  const auto before = crowding.until_next_look();
  crowding.look(1);
  EXPECT_GT(crowding.until_next_look(), before);
}

TEST(IdleTeam, HasThreadsSleepAtBarriersAsLongAsItIsThere) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) GTEST_SKIP() << "the user has decided";
  sleeps_at_a_barrier();  // begins the team, whose threads have slept before they begin
  const int before = sleeps_at_a_barrier();
  std::optional<IdleTeam> idle_team(std::in_place);
  const int meanwhile = sleeps_at_a_barrier() - before;
  EXPECT_GE(meanwhile, 20);
}

TEST(IdleTeam, EndsItsThreads) {
  const int before = settled_thread_count();
  if (before == 0) GTEST_SKIP() << "this kernel keeps no account of threads";
  {
    const IdleTeam idle_team;
    EXPECT_GT(thread_count(), before + omp_get_num_procs());
  }
  for (int i = 0; i < 500 && thread_count() > before; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_EQ(thread_count(), before);
}

TEST(BarrierWaiting, LeavesTheUsersChoiceAlone) {
  const int before = settled_thread_count();
  for (const char* name : {"OMP_WAIT_POLICY", "GOMP_SPINCOUNT"}) {
    const EnvironmentVariable variable(name, "1000");
    const BarrierWaiting waiting;
    EXPECT_EQ(thread_count(), before) << name;
  }
}

// More threads that want a processor than there are.
TEST(BarrierWaiting, HasAnIdleTeamWhileTheProcessorsAreWanted) {
  if (std::getenv("OMP_WAIT_POLICY") || std::getenv("GOMP_SPINCOUNT")) GTEST_SKIP() << "the user has decided";
  const int before = settled_thread_count();
  if (before == 0) GTEST_SKIP() << "this kernel keeps no account of threads";
  const int idle = omp_get_num_procs() + 1;
  const BarrierWaiting waiting;
  std::vector<std::jthread> busy;
  while (static_cast<int>(busy.size()) < 3 * omp_get_num_procs()) {
    busy.emplace_back([](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
      }
    });
  }
  const int expected = before + static_cast<int>(busy.size()) + idle;
  // More than once: threads that only show whether so many can be had are gone at once.
  int looks = 0;
  for (int i = 0; i < 1000 && looks < 5; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    looks = thread_count() >= expected ? looks + 1 : 0;
  }
  EXPECT_EQ(looks, 5);
}

}  // namespace
}  // namespace deepcache_gen
