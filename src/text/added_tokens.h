#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "support/added_ids.h"

namespace deepcache_gen {

/// A token that a text encoder learned after its vocabulary was made (textual inversion; Gal et al., arXiv 2208.01618).
struct AddedToken {
  std::string spelling;           ///< UTF-8, not empty; its case makes no difference
  std::vector<std::int64_t> ids;  ///< of its vectors, in order: from `kFirstAddedId` on
};

/// Those that a prompt may spell, in any order.
using AddedTokens = std::span<const AddedToken>;

/// Text for people to read of ids in a row: the tokens' spellings, each once for all of its ids that stand there, and
/// what `decode` makes of the ids between them.
std::string decode_around(AddedTokens tokens, std::span<const std::int64_t> ids,
                          const std::function<std::string(std::span<const std::int64_t>)>& decode);

}  // namespace deepcache_gen
