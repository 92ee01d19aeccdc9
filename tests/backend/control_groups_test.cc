#include "backend/control_groups.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace deepcache_gen {
namespace {

constexpr std::int64_t kMebibyte = 1 << 20;

// A made-up machine: files below a folder that stands for "/".
class ControlGroupsTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(root_ / "proc/self"); }
  void TearDown() override { std::filesystem::remove_all(root_); }

  void write(const std::string& file, const std::string& text) const {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text << "\n";
  }
  void is_in(const std::string& groups, const std::string& mounts) const {
    write("proc/self/cgroup", groups);
    write("proc/self/mountinfo", "22 1 254:0 / / rw,relatime - ext4 /dev/root rw\n" + mounts);
  }
  ControlGroups groups() const { return ControlGroups(root_); }

  static constexpr const char* kUnified = "41 31 0:38 / /sys/fs/cgroup rw,relatime shared:9 - cgroup2 cgroup2 rw";
  static constexpr const char* kSeparate =
      "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory";

 private:
  std::filesystem::path root_ =
      std::filesystem::path(testing::TempDir()) /
      (std::string("groups-") + testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(ControlGroupsTest, LimitNothingWhereThereAreNone) {
  EXPECT_FALSE(groups().processors());
  EXPECT_FALSE(groups().memory_limit());
  EXPECT_FALSE(groups().free_memory());
}

TEST_F(ControlGroupsTest, LimitNothingWhereTheySayMax) {
  is_in("0::/a", kUnified);
  write("sys/fs/cgroup/a/cpu.max", "max 100000");
  write("sys/fs/cgroup/a/memory.max", "max");
  write("sys/fs/cgroup/a/memory.current", "4096");
  EXPECT_FALSE(groups().processors());
  EXPECT_FALSE(groups().memory_limit());
  EXPECT_FALSE(groups().free_memory());
}

TEST_F(ControlGroupsTest, CountProcessorsAsAFraction) {
  is_in("0::/a", kUnified);
  write("sys/fs/cgroup/a/cpu.max", "150000 100000");
  EXPECT_EQ(groups().processors(), 1.5);
}

TEST_F(ControlGroupsTest, TheSmallestUpTheTreeCounts) {
  is_in("0::/a/b/c", kUnified);
  write("sys/fs/cgroup/a/b/c/cpu.max", "800000 100000");
  write("sys/fs/cgroup/a/b/cpu.max", "200000 100000");
  write("sys/fs/cgroup/a/cpu.max", "max 100000");
  write("sys/fs/cgroup/a/memory.max", std::to_string(64 * kMebibyte));
  write("sys/fs/cgroup/a/memory.current", std::to_string(60 * kMebibyte));
  write("sys/fs/cgroup/a/b/c/memory.max", std::to_string(32 * kMebibyte));
  write("sys/fs/cgroup/a/b/c/memory.current", std::to_string(10 * kMebibyte));
  EXPECT_EQ(groups().processors(), 2.0);
  EXPECT_EQ(groups().memory_limit(), 32 * kMebibyte);
  EXPECT_EQ(groups().free_memory(), 4 * kMebibyte) << "the group above has less left";
}

TEST_F(ControlGroupsTest, PagesOfFilesAreFreeMemory) {
  is_in("0::/a", kUnified);
  write("sys/fs/cgroup/a/memory.max", std::to_string(100 * kMebibyte));
  write("sys/fs/cgroup/a/memory.current", std::to_string(90 * kMebibyte));
  write("sys/fs/cgroup/a/memory.stat", "anon 41943040\nfile 52428800\ninactive_file 41943040\nactive_file 8388608");
  EXPECT_EQ(groups().free_memory(), (100 - (90 - 40 - 8)) * kMebibyte);
}

TEST_F(ControlGroupsTest, AnOverdrawnGroupHasNothingLeft) {
  is_in("0::/a", kUnified);
  write("sys/fs/cgroup/a/memory.max", std::to_string(10 * kMebibyte));
  write("sys/fs/cgroup/a/memory.current", std::to_string(11 * kMebibyte));
  EXPECT_EQ(groups().free_memory(), 0);
}

TEST_F(ControlGroupsTest, MemoryHighIsALimit) {
  is_in("0::/a", kUnified);
  write("sys/fs/cgroup/a/memory.max", "max");
  write("sys/fs/cgroup/a/memory.high", std::to_string(7 * kMebibyte));
  EXPECT_EQ(groups().memory_limit(), 7 * kMebibyte);
}

TEST_F(ControlGroupsTest, VersionOneHasAHierarchyForEach) {
  is_in("9:name=systemd:/\n4:memory:/box\n1:cpu,cpuacct:/box/inner\n0::/", kSeparate);
  write("sys/fs/cgroup/cpu,cpuacct/box/inner/cpu.cfs_quota_us", "-1");
  write("sys/fs/cgroup/cpu,cpuacct/box/inner/cpu.cfs_period_us", "100000");
  write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "50000");
  write("sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "20000");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712");
  write("sys/fs/cgroup/memory/memory.usage_in_bytes", std::to_string(900 * kMebibyte));
  write("sys/fs/cgroup/memory/box/memory.limit_in_bytes", std::to_string(80 * kMebibyte));
  write("sys/fs/cgroup/memory/box/memory.usage_in_bytes", std::to_string(70 * kMebibyte));
  write("sys/fs/cgroup/memory/box/memory.stat", "inactive_file 1\ntotal_inactive_file 20971520\ntotal_active_file 0");
  EXPECT_EQ(groups().processors(), 2.5);
  EXPECT_EQ(groups().memory_limit(), 80 * kMebibyte);
  EXPECT_EQ(groups().free_memory(), (80 - 70 + 20) * kMebibyte);
}

TEST_F(ControlGroupsTest, BothVersionsSideBySideCount) {
  is_in("4:memory:/\n1:cpu,cpuacct:/\n0::/",
        std::string(kSeparate) + "\n" + "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "300000");
  write("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");
  write("sys/fs/cgroup/unified/memory.max", std::to_string(kMebibyte));
  EXPECT_EQ(groups().processors(), 3.0);
  EXPECT_EQ(groups().memory_limit(), kMebibyte);
}

// Docker without a namespace of cgroups: the process is told the outer name, and sees its own group mounted as the top.
TEST_F(ControlGroupsTest, AContainerThatIsToldTheOuterNameFindsItsGroup) {
  for (const char* top : {"/docker/abc", "/elsewhere"}) {
    is_in("0::/docker/abc/worker", std::string("41 31 0:38 ") + top + " /sys/fs/cgroup ro - cgroup2 cgroup rw");
    write("sys/fs/cgroup/cpu.max", "200000 100000");
    EXPECT_EQ(groups().processors(), 2.0) << top;
  }
}

TEST_F(ControlGroupsTest, ABrokenAccountLimitsNothing) {
  is_in("nonsense\n0::/a", kUnified);
  write("sys/fs/cgroup/a/cpu.max", "many 100000");
  write("sys/fs/cgroup/a/memory.max", "");
  EXPECT_FALSE(groups().processors());
  EXPECT_FALSE(groups().memory_limit());
}

}  // namespace
}  // namespace deepcache_gen
