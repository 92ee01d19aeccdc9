#pragma once

#include <ATen/Parallel.h>

#include <cstddef>

namespace deepcache_gen {

/// Calls `body(i)` for every i below `count`, on LibTorch's threads, which get about as many each.
template <typename Body>
void parallel_for(std::size_t count, const Body& body) {
  at::parallel_for(0, static_cast<std::int64_t>(count), 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) body(static_cast<std::size_t>(i));
  });
}

}  // namespace deepcache_gen
