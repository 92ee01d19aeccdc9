#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// The one of `names` that `name` was probably meant to be, or an empty string: an edit distance of at most a third of
/// its letters, rounded up, and at most 2, ignoring case. Digits, what follows them in the same word, and suffixes of
/// one letter must be equal, since they tell names of different things apart (`dpm++2s_a`, `dpm++2m`). A short flag
/// (`-i`) is neither meant nor means another.
std::string closest_name(std::string_view name, const std::vector<std::string>& names);

/// A sentence for a name that is not known: `unknown sampler 'dimm'; did you mean 'ddim'? Known: ddim, pndm`.
std::string unknown_name_message(std::string_view kind, std::string_view name, const std::vector<std::string>& names);

}  // namespace deepcache_gen
