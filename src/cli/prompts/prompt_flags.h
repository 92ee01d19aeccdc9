#pragma once

#include <string>
#include <vector>

#include "cli/options/command_line.h"
#include "support/option_value.h"

namespace deepcache_gen {

/// Reads the flags of one prompt of a list, as they stand on a command line, onto `picture`, which has the defaults,
/// and says in it whether the output is its own. True where the prompt is among them. Throws `UsageError` for a flag
/// that is not known, is not for one picture, or is given twice, and for values that are not accepted.
bool read_picture_flags(const std::vector<std::string>& words, PictureRequest& picture);

/// Throws `UsageError` for a key that means no flag of one picture. A key is a flag's long name, or another program's
/// name for it, without dashes in front and with `_` or `-` inside.
void require_picture_key(const std::string& key);

/// The same as `read_picture_flags` from keys and values.
bool read_picture_fields(const std::vector<OptionValue>& fields, PictureRequest& picture);

/// True for a word such as -n: a short name of a flag for one picture.
bool is_short_picture_flag(const std::string& word);

/// Whether a key names a flag of one picture that is a switch.
bool is_picture_switch(const std::string& key);

/// Whether a key names a flag of one picture that may be given several times.
bool is_list_of_texts(const std::string& key);

}  // namespace deepcache_gen
