#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "backend/archive/safetensors_header.h"

namespace deepcache_gen {

/// The values of those of these tensors that are single floating-point numbers, by their names, read from `file`, whose
/// header this is. Throws `Error` naming the file where it can't be read.
std::map<std::string, double> stored_numbers(const std::filesystem::path& file, const SafetensorsHeader& header,
                                             const std::vector<std::string>& names);

}  // namespace deepcache_gen
