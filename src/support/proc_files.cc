#include "support/proc_files.h"

namespace deepcache_gen {

std::optional<std::string> missing_proc(const std::filesystem::path& proc) {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(proc / "self/exe", error))) return {};
  return proc.string() +
         " is not mounted, without which LibTorch can't compute and neither memory nor the program's own folder is "
         "known; "
         "mount it: mount -t proc proc /proc";
}

}  // namespace deepcache_gen
