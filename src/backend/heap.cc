#include "backend/heap.h"

#include <malloc.h>

#include <limits>

namespace deepcache_gen {

void keep_freed_memory() {
  // Blocks that are mapped one by one are unmapped when freed, whatever the trim threshold.
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
  mallopt(M_TOP_PAD, 64 << 20);
}

}  // namespace deepcache_gen
