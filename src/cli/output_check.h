#pragma once

#include <filesystem>

namespace deepcache_gen {

/// Makes the parent folders of a file that is to be written later and checks that it can be written there, so that
/// hours of work don't end in a mistyped path. Throws `Error` naming the path and the reason.
void require_writable(const std::filesystem::path& file);

}  // namespace deepcache_gen
