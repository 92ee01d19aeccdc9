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

std::filesystem::path folder_of_program(const std::string& sought) {
  if (const auto problem = missing_proc()) throw Error(sought + " can't be found: " + *problem);
  return std::filesystem::read_symlink("/proc/self/exe").parent_path();
}

}  // namespace deepcache_gen
