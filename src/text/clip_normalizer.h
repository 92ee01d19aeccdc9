#pragma once

#include <string>
#include <string_view>

namespace deepcache_gen {

/// Text as CLIP reads it: canonically composed (Unicode normalization form C), then in lower case, each code point by
/// itself. The third step of the original, one space for every run of white space, is left to `clip_words`, which drops
/// white space anyway. Source: `CLIPTokenizer` of transformers.
std::u32string clip_normalized(std::u32string_view text);

}  // namespace deepcache_gen
