#pragma once

#include <torch/csrc/jit/api/module.h>

namespace deepcache_gen {

/// Throws `Error`, naming part and operator, unless all code of the module is made of accepted operators
/// (backend/archive/accepted_operators.h) with harmless settings (no random numbers, plain dtypes), and stays of a
/// bounded size when every call is replaced by what it calls. Runs nothing; nothing of a module may be run before.
void check_operators(const torch::jit::Module& module);

}  // namespace deepcache_gen
