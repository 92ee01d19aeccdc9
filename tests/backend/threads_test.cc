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
  set_thread_count(1);
  EXPECT_EQ(at::get_num_threads(), 1);
  set_thread_count({});
  EXPECT_EQ(at::get_num_threads(), physical_core_count());
}

TEST(Threads, RefusesNumbersThatMakeNoSense) {
  EXPECT_THROW(set_thread_count(0), UsageError);
  EXPECT_THROW(set_thread_count(100000), UsageError);
}

}  // namespace
}  // namespace deepcache_gen
