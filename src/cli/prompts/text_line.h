#pragma once

#include <string>

#include "cli/options/picture_flags.h"

namespace deepcache_gen {

/// Reads `a red barn --seed 7 -n "people"`: the prompt goes to the first ` --`, flags as on the command line follow. A
/// lone `--` may stand between the two. Throws `UsageError` for what is not accepted, among it a short flag in the
/// prompt, which would be drawn.
PictureFlags read_text_line(const std::string& line, const PictureOptions& defaults);

}  // namespace deepcache_gen
