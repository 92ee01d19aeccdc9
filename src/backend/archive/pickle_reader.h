#pragma once

#include <cstddef>
#include <span>

#include "backend/archive/pickle_value.h"

namespace deepcache_gen {

/// Reads a pickle as far as TorchScript's writer makes use of the format (Python's pickletools; protocol 2): numbers,
/// tuples, tensors, objects of classes named "__torch__.…", for which nothing is called. Takes space and time in
/// proportion to the size of the pickle. Throws `Error` for anything else, for other globals and for values nested too
/// deep, and names it.
PickleReference read_pickle(std::span<const std::byte> pickle);

}  // namespace deepcache_gen
