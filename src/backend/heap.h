#pragma once

namespace deepcache_gen {

/// Lets the process keep the memory it frees. Every step allocates the same large activations anew; given back to the
/// kernel in between, they come back as fresh pages that must be zeroed and mapped again, a fifth of a step's time.
void keep_freed_memory();

}  // namespace deepcache_gen
