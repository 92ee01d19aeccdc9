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

/// The folder that this program lies in. Throws `Error` where /proc is not mounted: "`sought` can't be found: ...".
std::filesystem::path folder_of_program(const std::string& sought);

}  // namespace deepcache_gen
