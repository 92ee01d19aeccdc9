#pragma once

#include <filesystem>

#include "adapters/training_facts.h"
#include "backend/archive/safetensors_header.h"

namespace deepcache_gen {

/// Whether these are tensors of a LoRA or of something of its kind, by their names.
bool is_lora(const SafetensorsHeader& header);

/// What a LoRA file is, without a model: "kind", "family", "made_for", and of its layers how many have each "rank" and
/// "alpha", and how many lie where ("layers"). Throws `Error` naming the file where it can't be read.
Facts lora_summary(const std::filesystem::path& file, const SafetensorsHeader& header);

}  // namespace deepcache_gen
