#include "backend/threads.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <thread>

#include "support/environment_variable.h"
#include "support/error.h"

namespace deepcache_gen {
namespace {

TEST(Threads, PhysicalCoresAreAtMostTheHardwareThreads) {
  EXPECT_GE(physical_core_count(), 1);
  EXPECT_LE(physical_core_count(), static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(Threads, AreSetAsAsked) {
  EXPECT_EQ(resolve_thread_count(3, 1).count, 3);
  const EnvironmentVariable unset("OMP_NUM_THREADS", {});
  EXPECT_EQ(resolve_thread_count({}, 1).count, usable_core_count());
  use_threads(1);
  EXPECT_EQ(at::get_num_threads(), 1);
}

TEST(Threads, AreNotMoreThanTheProcessGetsTheTimeOf) {
  EXPECT_GE(usable_core_count(), 1);
  EXPECT_LE(usable_core_count(), physical_core_count());
}

TEST(Threads, AreAsManyAsTheUserTellsOpenMp) {
  const EnvironmentVariable several("OMP_NUM_THREADS", "5,2");
  EXPECT_EQ(resolve_thread_count({}, 1).count, 5);
  EXPECT_EQ(resolve_thread_count(3, 1).count, 3) << "the program's own flag says more";
  const EnvironmentVariable nonsense("OMP_NUM_THREADS", "many");
  EXPECT_EQ(resolve_thread_count({}, 1).count, usable_core_count());
}

TEST(Threads, AreSharedByEngines) {
  EXPECT_EQ(resolve_thread_count(8, 2).count, 4);
  EXPECT_EQ(resolve_thread_count(7, 2).count, 3);
  EXPECT_EQ(resolve_thread_count(1, 2).count, 1);
}

TEST(Threads, SayWhereTheirNumberComesFrom) {
  EXPECT_EQ(resolve_thread_count(8, 1).reason, "as --threads says");
  EXPECT_EQ(resolve_thread_count(8, 2).reason, "as --threads says, shared by 2 engines");
  const EnvironmentVariable several("OMP_NUM_THREADS", "5");
  EXPECT_EQ(resolve_thread_count({}, 1).reason, "as OMP_NUM_THREADS says");
  const EnvironmentVariable unset("OMP_NUM_THREADS", {});
  const bool has_quota = usable_core_count() < physical_core_count();
  EXPECT_EQ(resolve_thread_count({}, 1).reason,
            has_quota ? "as the container's CPU quota allows" : "one per physical core that the process may use");
}

TEST(Threads, AreThoseOfTheCallingThread) {
  use_threads(1);
  std::jthread([] {
    use_threads(3);
    EXPECT_EQ(at::get_num_threads(), 3);
  });
  EXPECT_EQ(at::get_num_threads(), 1);
}

TEST(Threads, RefusesNumbersThatMakeNoSense) {
  EXPECT_THROW(resolve_thread_count(0, 1), UsageError);
  EXPECT_THROW(resolve_thread_count(100000, 1), UsageError);
}

}  // namespace
}  // namespace deepcache_gen
