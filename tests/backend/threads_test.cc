#include "backend/threads.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <thread>

#include "support/error.h"

namespace deepcache_gen {
namespace {

TEST(Threads, PhysicalCoresAreAtMostTheHardwareThreads) {
  EXPECT_GE(physical_core_count(), 1);
  EXPECT_LE(physical_core_count(), static_cast<int>(std::thread::hardware_concurrency()));
}

TEST(Threads, AreSetAsAsked) {
  EXPECT_EQ(resolve_thread_count(3, 1), 3);
  EXPECT_EQ(resolve_thread_count({}, 1), physical_core_count());
  use_threads(1);
  EXPECT_EQ(at::get_num_threads(), 1);
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
