#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "backend/free_memory.h"
#include "backend/placement.h"

namespace deepcache_gen {

/// "10.2 GiB".
std::string gibibytes_text(std::int64_t bytes);

/// Whose memory it is: "cuda:0", or "this machine".
std::string memory_owner(const Placement& placement);

/// The flags with which the same model may find memory enough, beginning with a smaller dtype where there is one.
std::vector<std::string> flags_that_spare_memory(const Placement& placement);

/// What to say where a file of weights finds no room: `unet.pt: does not fit into the memory of cuda:0 (1.0 GiB free of
/// 8.0 GiB); try --dtype fp16, --device cpu or a smaller model`.
std::string does_not_fit_message(const std::filesystem::path& file, const Placement& placement,
                                 const DeviceMemory& memory);

/// "a", "a or b", "a, b or c".
std::string choices_text(const std::vector<std::string>& choices);

}  // namespace deepcache_gen
