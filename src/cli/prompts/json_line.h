#pragma once

#include <string>

#include "cli/options/picture_flags.h"

namespace deepcache_gen {

/// Reads `{"prompt": "a barn", "seed": 7, "output": "barn.png"}`: keys are long flags without dashes, values strings or
/// numbers; null is as if the key were not there. Throws `UsageError` for what is not accepted.
PictureFlags read_json_line(const std::string& line, const PictureOptions& defaults);

}  // namespace deepcache_gen
