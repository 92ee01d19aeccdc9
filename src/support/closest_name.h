#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// The one of `names` that `name` was probably meant to be (edit distance of at most half its length and at
/// most 3, ignoring case), or an empty string.
std::string closest_name(std::string_view name, const std::vector<std::string>& names);

/// A sentence for a name that is not known: `unknown sampler 'dimm'; did you mean 'ddim'? Known: ddim, pndm`.
std::string unknown_name_message(std::string_view kind, std::string_view name, const std::vector<std::string>& names);

}  // namespace deepcache_gen
