#pragma once

#include <filesystem>
#include <string>

#include "cli/output/run_facts.h"
#include "pipeline/generated_image.h"

namespace deepcache_gen {

/// The JSON object, on one line, that --json prints for an image. Times are in seconds, `total` is load + text +
/// denoise + decode; `full_step` and `cached_step` are medians, null where there was no such step. `negative_prompt` is
/// null where unset. Bytes that are not UTF-8 become U+FFFD.
std::string json_record(const RunFacts& run, const GeneratedImage& image, const std::filesystem::path& path);

}  // namespace deepcache_gen
