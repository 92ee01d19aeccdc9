#include "support/proc_files.h"

#include "support/error.h"

namespace deepcache_gen {

std::optional<std::string> missing_proc(const std::filesystem::path& proc) {
  std::error_code error;
  if (std::filesystem::exists(std::filesystem::symlink_status(proc / "self/exe", error))) return {};
  return proc.string() +
         " is not mounted, without which LibTorch can't compute and neither memory nor the program's own folder is "
         "known; mount it: mount -t proc proc /proc";
}

void require_proc() {
  if (const auto problem = missing_proc()) throw Error(*problem);
}

}  // namespace deepcache_gen
