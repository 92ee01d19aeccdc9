#include "backend/heap.h"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace deepcache_gen {
namespace {

constexpr std::size_t kLarge = std::size_t{48} << 20;
constexpr std::size_t kGigabyte = std::size_t{1} << 30;

struct Free {
  void operator()(unsigned char* block) const { std::free(block); }
};
using Block = std::unique_ptr<unsigned char, Free>;

Block allocate(std::size_t bytes) { return Block(static_cast<unsigned char*>(std::malloc(bytes))); }

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// Asked of the linked program: these objects are linked with a sanitizer and without.
bool has_sanitizer() { return ::dlsym(RTLD_DEFAULT, "__asan_init") != nullptr; }

// Whether the kernel was told to use huge pages at an address; unset where it can't.
std::optional<bool> wants_huge_pages(const void* address) {
  if (!std::filesystem::exists("/sys/kernel/mm/transparent_hugepage")) return {};
  std::ifstream file("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    std::uintptr_t begin = 0, end = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &begin, &end) == 2) {
      inside = begin <= reinterpret_cast<std::uintptr_t>(address) && reinterpret_cast<std::uintptr_t>(address) < end;
    }
    if (inside && line.starts_with("VmFlags:")) return line.find(" hg") != std::string::npos;
  }
  return {};
}

TEST(KeepFreedMemory, LargeBlocksStayInTheHeap) {
  keep_freed_memory();
  const std::size_t mapped_before = mallinfo2().hblkhd;  // LibTorch mapped some while it was loaded
  void* const block = std::malloc(kLarge);
  ASSERT_NE(block, nullptr);
  EXPECT_EQ(mallinfo2().hblkhd, mapped_before) << "the block was mapped on its own";
  const std::size_t heap_with_block = mallinfo2().arena;
  std::free(block);
  EXPECT_EQ(mallinfo2().arena, heap_with_block) << "freeing the block gave its memory back";
}

// A heap of a thread's own has blocks of up to 64 MiB only. In a process of its own: threads that have begun keep
// theirs.
TEST(KeepFreedMemoryDeathTest, LargeBlocksOfOtherThreadsStayThereToo) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto mapped_by_a_thread = [] {
    keep_freed_memory();
    const std::size_t mapped_before = mallinfo2().hblkhd;
    std::size_t mapped = 0;
    std::jthread([&] {
      const Block block = allocate(4 * kLarge);
      mapped = mallinfo2().hblkhd - mapped_before;
    });
    return mapped;
  };
  EXPECT_EXIT(std::exit(mapped_by_a_thread() == 0 ? 0 : 1), testing::ExitedWithCode(0), "");
}

TEST(PrepareHugePages, UsesNoMemory) {
  keep_freed_memory();
  const std::size_t before = resident_bytes();
  ASSERT_GT(before, 0u);
  prepare_huge_pages(kGigabyte);
  EXPECT_LT(resident_bytes(), before + (std::size_t{8} << 20));
}

TEST(PrepareHugePages, LeavesMemoryThatCanBeUsed) {
  keep_freed_memory();
  prepare_huge_pages(kGigabyte);
  const Block first = allocate(kLarge), second = allocate(kLarge);
  ASSERT_TRUE(first && second);
  std::memset(first.get(), 1, kLarge);
  std::memset(second.get(), 2, kLarge);
  EXPECT_EQ(std::count(first.get(), first.get() + kLarge, 1), static_cast<std::ptrdiff_t>(kLarge));
  EXPECT_EQ(std::count(second.get(), second.get() + kLarge, 2), static_cast<std::ptrdiff_t>(kLarge));
}

TEST(PrepareHugePages, HasTheNextAllocationsMadeInThem) {
  if (has_sanitizer()) GTEST_SKIP() << "the sanitizer has a heap of its own";
  keep_freed_memory();
  prepare_huge_pages(kGigabyte);
  const Block block = allocate(kLarge);
  const std::optional<bool> huge = wants_huge_pages(block.get() + kLarge / 2);
  if (!huge) GTEST_SKIP() << "this kernel does not say where it uses huge pages";
  EXPECT_TRUE(*huge);
}

TEST(PrepareHugePages, TakesWhatThereIsOfMoreThanTheAddressSpace) {
  keep_freed_memory();
  prepare_huge_pages(SIZE_MAX / 2);
  const Block block = allocate(kLarge);
  ASSERT_TRUE(block);
  std::memset(block.get(), 1, kLarge);
}

}  // namespace
}  // namespace deepcache_gen
