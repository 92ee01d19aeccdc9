#include "backend/heap.h"

#include <malloc.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>

namespace deepcache_gen {

void keep_freed_memory() {
  // Blocks that are mapped one by one are unmapped when freed, whatever the trim threshold.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_TRIM_THRESHOLD, -1);
  mallopt(M_TOP_PAD, 64 << 20);
}

void prepare_huge_pages(std::size_t bytes) {
  constexpr std::uintptr_t kHugePage = 2 << 20;
  void* block = std::malloc(bytes);
  while (!block && bytes > kHugePage) {
    bytes /= 2;
    block = std::malloc(bytes);
  }
  const std::uintptr_t begin = (reinterpret_cast<std::uintptr_t>(block) + kHugePage - 1) & ~(kHugePage - 1);
  const std::uintptr_t end = reinterpret_cast<std::uintptr_t>(block) + bytes;
  // Where the kernel has no huge pages, it stays with small ones.
  if (block && begin < end) madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  std::free(block);
}

}  // namespace deepcache_gen
