#pragma once

#include <string>

#include "cli/output/picture.h"
#include "cli/output/run_facts.h"
#include "pipeline/generated_image.h"

namespace deepcache_gen {

// The JSON objects, each on one line, that --json prints for a picture. `item` and `source` are there for prompts of a
// list; `negative_prompt` is null where unset; bytes that are not UTF-8 become U+FFFD.

/// Of a picture that was made. Times are in seconds, `total` is load + text + denoise + decode; `full_step` and
/// `cached_step` are medians, null where there was no such step.
std::string json_record(const RunFacts& run, const Picture& picture, const Timing& timing);

/// Of a picture that --resume found made: it has `skipped` instead of times.
std::string skipped_record(const Picture& picture, const std::string& model);

/// Of a picture that could not be made: it has `error` instead of times.
std::string failure_record(const Picture& picture, const std::string& model, const std::string& problem);

/// Of a line of a list that can't be understood.
std::string bad_line_record(int item, const std::string& source, const std::string& problem);

}  // namespace deepcache_gen
