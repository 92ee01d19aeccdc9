#pragma once

#include <string>
#include <vector>

#include "cli/options/command_line.h"
#include "support/option_value.h"

namespace deepcache_gen {

/// What one prompt of a list says about its picture.
struct PictureFlags {
  PictureOptions picture;
  bool has_prompt = false;
  bool has_output = false;
};

/// Reads flags as they stand on a command line onto `defaults`. Throws `UsageError` for a flag that is not known, is
/// not for one picture, or is given twice, and for values that are not accepted.
PictureFlags read_picture_flags(const std::vector<std::string>& words, const PictureOptions& defaults);

/// The same from keys and values; a key is a flag's long name without dashes, with `_` or `-` inside.
PictureFlags read_picture_fields(const std::vector<OptionValue>& fields, const PictureOptions& defaults);

/// True for a word such as -n: a short name of a flag for one picture.
bool is_short_picture_flag(const std::string& word);

}  // namespace deepcache_gen
