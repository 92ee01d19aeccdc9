#include "backend/run_delay.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "support/temporary_folder.h"

namespace deepcache_gen {
namespace {

using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;

void put(const std::filesystem::path& task, const std::string& schedstat) {
  std::filesystem::create_directories(task);
  std::ofstream(task / "schedstat") << schedstat;
}

TEST(RunDelays, AreTheSecondNumberOfEachThread) {
  const TemporaryFolder tasks;
  put(tasks / "17", "1000 250 3\n");
  put(tasks / "18", "99 0 1\n");
  put(tasks / "19", "");
  put(tasks / "self", "1 1 1\n");
  EXPECT_THAT(run_delays(tasks.path()), UnorderedElementsAre(Pair(17, 250), Pair(18, 0)));
}

TEST(RunDelays, AreNoneWhereTheKernelKeepsNone) { EXPECT_THAT(run_delays("/nowhere"), IsEmpty()); }

TEST(LargestDelayShare, IsOfTheUnluckiestThread) {
  const RunDelays before{{1, 0}, {2, 500}, {3, 70}}, after{{1, 100'000'000}, {2, 300'000'500}, {4, 900'000'000}};
  EXPECT_DOUBLE_EQ(largest_delay_share(before, after, 0.5), 0.6) << "a new thread has no share yet";
  EXPECT_DOUBLE_EQ(largest_delay_share({}, after, 0.5), 0);
}

// Two threads on one processor: at least one of them waits for half of the time.
TEST(RunDelays, GrowWhereThreadsShareAProcessor) {
  if (run_delays().empty()) GTEST_SKIP() << "this kernel keeps no account";
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(::sched_getcpu(), &one);
  const auto busy = [&](const std::stop_token& stop) {
    ::sched_setaffinity(0, sizeof(one), &one);
    while (!stop.stop_requested()) {
    }
  };
  const std::jthread first(busy), second(busy);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  const RunDelays before = run_delays();
  std::this_thread::sleep_for(std::chrono::milliseconds(400));
  EXPECT_GT(largest_delay_share(before, run_delays(), 0.4), 0.2);
}

}  // namespace
}  // namespace deepcache_gen
