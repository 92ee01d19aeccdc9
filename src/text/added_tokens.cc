#include "text/added_tokens.h"

#include <algorithm>

namespace deepcache_gen {
namespace {

bool is_added(std::int64_t id) { return id >= kFirstAddedId; }

const AddedToken* token_of(std::int64_t id, AddedTokens tokens) {
  const auto found = std::find_if(tokens.begin(), tokens.end(), [id](const AddedToken& token) {
    return std::find(token.ids.begin(), token.ids.end(), id) != token.ids.end();
  });
  return found == tokens.end() ? nullptr : &*found;
}

}  // namespace

std::string decode_around(AddedTokens tokens, std::span<const std::int64_t> ids,
                          const std::function<std::string(std::span<const std::int64_t>)>& decode) {
  std::string text;
  const auto append = [&](const std::string& part) {
    if (!part.empty()) text.append(text.empty() ? "" : " ").append(part);
  };
  while (!ids.empty()) {
    const AddedToken* token = is_added(ids.front()) ? token_of(ids.front(), tokens) : nullptr;
    const auto end = std::find_if(ids.begin(), ids.end(), [&](std::int64_t id) {
      return is_added(id) != is_added(ids.front()) || (is_added(id) && token_of(id, tokens) != token);
    });
    const auto length = static_cast<std::size_t>(end - ids.begin());
    append(token ? token->spelling : decode(ids.first(length)));
    ids = ids.subspan(length);
  }
  return text;
}

}  // namespace deepcache_gen
