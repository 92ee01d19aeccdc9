#include "support/proc_files.h"

namespace deepcache_gen {

std::optional<std::string> missing_proc(const std::filesystem::path& proc) {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(proc / "self/exe", error))) return {};
  return proc.string() +
         " is not mounted, so that neither free memory and limits nor the program's own folder can be known "
         "(mount -t proc proc /proc)";
}

}  // namespace deepcache_gen
