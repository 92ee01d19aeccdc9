#include "backend/memory_nodes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/mempolicy.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>

namespace deepcache_gen {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

int memory_policy() {
  int policy = -1;
  ::syscall(SYS_get_mempolicy, &policy, nullptr, 0, nullptr, 0);
  return policy;
}

// A made-up machine; its processors are those that the test may run on and others that it may not.
class MemoryNodes : public testing::Test {
 protected:
  void SetUp() override {
    cpu_set_t allowed;
    ASSERT_EQ(::sched_getaffinity(0, sizeof(allowed), &allowed), 0);
    while (!CPU_ISSET(mine_, &allowed)) ++mine_;
    for (int cpu = 0; cpu < CPU_SETSIZE - 2; ++cpu) {
      if (CPU_ISSET(cpu, &allowed)) foreign_ = cpu + 1;
    }
  }
  void TearDown() override { std::filesystem::remove_all(topology_); }

  void add(const std::string& node, const std::string& cpus) const {
    std::filesystem::create_directories(topology_ / node);
    std::ofstream(topology_ / node / "cpulist") << cpus << "\n";
  }
  std::vector<int> in_use() const { return memory_nodes_in_use(topology_); }

  int mine_ = 0, foreign_ = 0;

 private:
  std::filesystem::path topology_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("nodes-") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(MemoryNodes, AreNoneWhereTheKernelKnowsOfNone) { EXPECT_THAT(in_use(), IsEmpty()); }

TEST_F(MemoryNodes, AreThoseWhoseProcessorsMayBeUsed) {
  const std::string mine = std::to_string(mine_), foreign = std::to_string(foreign_);
  add("node10", foreign + "," + mine);
  add("node2", mine + "-" + mine);
  add("node3", foreign + "-" + std::to_string(foreign_ + 1));
  add("node4", "");
  add("possible", mine);
  EXPECT_THAT(in_use(), ElementsAre(2, 10));
}

TEST_F(MemoryNodes, OneIsUsedAsItIs) {
  const int before = memory_policy();
  interleave_memory({0});
  EXPECT_EQ(memory_policy(), before);
}

// Node 0 is there wherever there are nodes; the kernel leaves out those that are not.
TEST_F(MemoryNodes, SeveralAreUsedInTurns) {
  std::jthread([] {
    const int before = memory_policy();
    interleave_memory({0, 1});
    const int after = memory_policy();
    if (before != MPOL_DEFAULT || after == before) GTEST_SKIP() << "this kernel lets nobody choose";
    EXPECT_EQ(after, MPOL_INTERLEAVE);
  });
}

}  // namespace
}  // namespace deepcache_gen
