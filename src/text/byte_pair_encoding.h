#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "text/byte_pair_vocabulary.h"

namespace deepcache_gen {

/// Appends the pieces of one word, given as UTF-8: starting from single bytes, the neighbours whose merge has the
/// lowest rank are merged, the leftmost first, until none merge. Takes n log n time for n bytes. Source: Sennrich et
/// al., "Neural Machine Translation of Rare Words with Subword Units", arXiv 1508.07909, section 3.2.
void append_byte_pairs(const BytePairVocabulary& vocabulary, std::string_view word, std::vector<std::int64_t>& ids);

}  // namespace deepcache_gen
