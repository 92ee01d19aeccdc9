#pragma once

namespace deepcache_gen {

/// What kernels compute with; LibTorch's name for it is not known to their sources.
enum class NumberKind { kFloat32, kFloat16, kBfloat16 };

/// Calls `body` with a null pointer to the type of such numbers, which a compiler has by its own names.
template <typename Float32, typename Float16, typename Bfloat16, typename Body>
void with_numbers(NumberKind kind, const Body& body) {
  switch (kind) {
    case NumberKind::kFloat32:
      return body(static_cast<Float32*>(nullptr));
    case NumberKind::kFloat16:
      return body(static_cast<Float16*>(nullptr));
    case NumberKind::kBfloat16:
      return body(static_cast<Bfloat16*>(nullptr));
  }
}

}  // namespace deepcache_gen
