#include "backend/lost_pages.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>

namespace deepcache_gen {
namespace {

constexpr std::size_t kSize = 1 << 20;

// A file of ones, mapped.
class Mapping {
 public:
  explicit Mapping(const std::string& name) : path_(std::filesystem::path(testing::TempDir()) / name) {
    std::ofstream(path_, std::ios::binary) << std::string(kSize, '\1');
    descriptor_ = open(path_.c_str(), O_RDONLY);
    memory_ = mmap(nullptr, kSize, PROT_READ, MAP_PRIVATE, descriptor_, 0);
  }
  ~Mapping() {
    munmap(memory_, kSize);
    close(descriptor_);
  }
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(memory_), kSize}; }
  void cut(std::uintmax_t size) const { std::filesystem::resize_file(path_, size); }
  long ones() const { return std::count(bytes().begin(), bytes().end(), std::byte{1}); }

 private:
  std::filesystem::path path_;
  int descriptor_;
  void* memory_;
};

TEST(LostPages, AreNoneInAWholeFile) {
  const Mapping mapping("lost_none");
  const LostPages lost(mapping.bytes());
  EXPECT_EQ(mapping.ones(), static_cast<long>(kSize));
  EXPECT_FALSE(lost.any());
}

TEST(LostPages, AreZerosAndAreTold) {
  const Mapping mapping("lost_pages"), whole("lost_beside");
  const LostPages lost(mapping.bytes()), beside(whole.bytes());
  mapping.cut(kSize / 2);
  EXPECT_EQ(mapping.ones(), static_cast<long>(kSize / 2));
  EXPECT_TRUE(lost.any());
  EXPECT_EQ(whole.ones(), static_cast<long>(kSize));
  EXPECT_FALSE(beside.any());
}

TEST(LostPages, AreForgottenWithTheirMapping) {
  {
    const Mapping mapping("lost_before");
    const LostPages lost(mapping.bytes());
    mapping.cut(0);
    EXPECT_EQ(mapping.ones(), 0);
  }
  const Mapping mapping("lost_after");
  EXPECT_FALSE(LostPages(mapping.bytes()).any());
}

TEST(LostPagesDeathTest, OfOthersEndTheProcessAsEver) {
  const Mapping mapping("lost_watched"), others("lost_of_others");
  const LostPages lost(mapping.bytes());
  others.cut(0);
  EXPECT_EXIT(std::cerr << others.ones(), testing::KilledBySignal(SIGBUS), "");
}

}  // namespace
}  // namespace deepcache_gen
