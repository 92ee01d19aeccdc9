#pragma once

namespace deepcache_gen {

/// From now on LibTorch's warnings, which may have text of a model in them, are not written to stderr.
void silence_library_warnings();

}  // namespace deepcache_gen
