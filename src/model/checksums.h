#pragma once

#include "model/model_info.h"

namespace deepcache_gen {

/// Compares every file of the model folder with its SHA-256 in model.json. Throws `Error` naming the first that
/// differs.
void verify_checksums(const ModelInfo& model);

}  // namespace deepcache_gen
