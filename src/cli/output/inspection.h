#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "model/checksums.h"
#include "model/model_info.h"

namespace deepcache_gen {

/// A description for people: what the model is, its defaults, its scheduler, its files; several lines, no newline at
/// the end.
std::string inspection_text(const ModelInfo& model, const ChecksumResults& checksums);

/// The content of model.json, the folder and the checksum results as one JSON object on one line.
std::string inspection_json(const ModelInfo& model, const ChecksumResults& checksums);

/// The same for people of what `describe_file` found: its keys as the names of rows, "file" as the title.
std::string file_inspection_text(const nlohmann::ordered_json& facts);

}  // namespace deepcache_gen
