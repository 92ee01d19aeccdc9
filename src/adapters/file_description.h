#pragma once

#include <filesystem>

#include "adapters/training_facts.h"

namespace deepcache_gen {

/// What a file of weights is, from its header and metadata: its kind and family, what it is used for here, its numbers,
/// hashes and what its maker says of it. Values are texts, numbers and counts by text; texts are a stranger's. Throws
/// `Error` naming the file where it can't be read, is malformed or a pickle.
Facts describe_file(const std::filesystem::path& file);

}  // namespace deepcache_gen
