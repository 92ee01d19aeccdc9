#pragma once

#include <map>
#include <string>

#include "model/model_info.h"

namespace deepcache_gen {

/// Whether each file of a model folder has the SHA-256 that model.json names.
using ChecksumResults = std::map<std::string, bool>;

/// Reads every file, whatever earlier runs found. Throws `Error` where one can't be read.
ChecksumResults compare_checksums(const ModelInfo& model);

/// Compares every file of the model folder with its SHA-256 in model.json, but for those that earlier runs compared and
/// that have not changed since (model/verified_files.h). Throws `Error` naming the first that differs.
void verify_checksums(const ModelInfo& model);

}  // namespace deepcache_gen
