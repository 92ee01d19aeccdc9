#pragma once

#include <string>
#include <string_view>

namespace deepcache_gen {

/// `text` as one word of a command that people copy into a shell: as it is where no character in it means anything
/// there, else in '…'; with control characters, those that turn the direction of writing, or bytes that are no UTF-8,
/// in $'…' (bash, zsh), spelled out.
std::string shell_word(std::string_view text);

}  // namespace deepcache_gen
