#pragma once

#include <map>
#include <string>

#include "model/model_info.h"

namespace deepcache_gen {

/// Whether each file of a model folder has the SHA-256 that model.json names.
using ChecksumResults = std::map<std::string, bool>;

/// Reads every file. Throws `Error` where one can't be read.
ChecksumResults compare_checksums(const ModelInfo& model);

/// A description for people: what the model is, its defaults, its scheduler, its files; several lines, no newline at
/// the end.
std::string inspection_text(const ModelInfo& model, const ChecksumResults& checksums);

/// The content of model.json, the folder and the checksum results as one JSON object on one line.
std::string inspection_json(const ModelInfo& model, const ChecksumResults& checksums);

}  // namespace deepcache_gen
