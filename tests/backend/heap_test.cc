#include "backend/heap.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdlib>

namespace deepcache_gen {
namespace {

constexpr std::size_t kLarge = std::size_t{48} << 20;

// Bytes that the process holds for blocks of its heap, in use or free.
std::size_t heap_size() { return mallinfo2().arena; }

TEST(KeepFreedMemory, LargeBlocksStayInTheHeap) {
  keep_freed_memory();
  void* const first = std::malloc(kLarge);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(mallinfo2().hblkhd, 0u) << "the block was mapped on its own";
  const std::size_t with_block = heap_size();
  std::free(first);
  EXPECT_EQ(heap_size(), with_block) << "freeing the block gave its memory back";
}

}  // namespace
}  // namespace deepcache_gen
