#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace deepcache_gen {

/// What can't be done where the kernel's /proc is not mounted, as in a bare chroot, and what to do about it, in one
/// line; nothing where it is. `proc` is where it belongs.
std::optional<std::string> missing_proc(const std::filesystem::path& proc = "/proc");

/// Throws that as an `Error`: before whatever asks LibTorch to compute, which would complain on stderr by itself and go
/// on with guesses.
void require_proc();

}  // namespace deepcache_gen
