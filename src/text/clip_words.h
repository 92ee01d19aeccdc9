#pragma once

#include <string_view>
#include <vector>

namespace deepcache_gen {

/// The words of normalized text, which byte pairs never cross: contractions ('s, 't, 're, 've, 'm, 'll, 'd), runs of
/// letters, single digits, runs of anything else but white space. The views point into `text`.
///
/// Source: the two regular expressions that `CLIPTokenizer` of transformers applies one after the other,
///     <\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+
/// and that of GPT-2, which only takes the first two alternatives apart again.
std::vector<std::u32string_view> clip_words(std::u32string_view text);

}  // namespace deepcache_gen
