#include "backend/heap.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>

namespace deepcache_gen {
namespace {

constexpr std::size_t kLarge = std::size_t{48} << 20;

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

}  // namespace
}  // namespace deepcache_gen
