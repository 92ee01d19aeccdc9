#pragma once

#include <cstddef>
#include <span>

#include "backend/archive/pickle_value.h"

namespace deepcache_gen {

/// Reads a pickle of Python values and tensors as `torch.save` writes it (protocol 2): numbers, texts, tuples, lists
/// (as tuples), dictionaries whose keys are texts, tensors, parameters (as tensors) and torch.nn.ParameterDict (as
/// `PickleObject`). Nothing is called: the few names that such values need are known, any other is refused by name.
/// Takes space and time in proportion to the size of the pickle. Throws `RefusedArchive` for anything else, and for
/// values nested too deep.
PickleReference read_saved_pickle(std::span<const std::byte> pickle);

}  // namespace deepcache_gen
