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
  EXPECT_EQ(resolve_thread_count(3, 1), 3);
  const EnvironmentVariable unset("OMP_NUM_THREADS", {});
  EXPECT_EQ(resolve_thread_count({}, 1), usable_core_count());
  use_threads(1);
  EXPECT_EQ(at::get_num_threads(), 1);
}

TEST(Threads, AreNotMoreThanTheProcessGetsTheTimeOf) {
  EXPECT_GE(usable_core_count(), 1);
  EXPECT_LE(usable_core_count(), physical_core_count());
}

TEST(Threads, AreAsManyAsTheUserTellsOpenMp) {
  const EnvironmentVariable several("OMP_NUM_THREADS", "5,2");
  EXPECT_EQ(resolve_thread_count({}, 1), 5);
  EXPECT_EQ(resolve_thread_count(3, 1), 3) << "the program's own flag says more";
  const EnvironmentVariable nonsense("OMP_NUM_THREADS", "many");
  EXPECT_EQ(resolve_thread_count({}, 1), usable_core_count());
}

TEST(Threads, AreSharedByEngines) {
  EXPECT_EQ(resolve_thread_count(8, 2), 4);
  EXPECT_EQ(resolve_thread_count(7, 2), 3);
  EXPECT_EQ(resolve_thread_count(1, 2), 1);
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
