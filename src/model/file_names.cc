#include "model/file_names.h"

#include <algorithm>

#include "support/error.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

using Path = std::filesystem::path;

constexpr std::size_t kLongestName = 255;

bool is_below(const Path& folder, const Path& file) {
  return std::mismatch(folder.begin(), folder.end(), file.begin(), file.end()).first == folder.end();
}

// As the system follows links.
Path real_path(const Path& path) {
  std::error_code error;
  Path real = std::filesystem::canonical(path, error);
  if (!error) return real;
  throw Error(path.string() + ": " + error.message() + "; the model folder is incomplete, copy or export it again");
}

}  // namespace

bool is_plain_file_name(const std::string& name) {
  if (name.size() > kLongestName || name.find('\\') != std::string::npos || has_control_characters(name)) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string part = name.substr(begin, end - begin);
    if (part.empty() || part == "." || part == "..") return false;
    begin = end + 1;
  }
  return true;
}

void require_file_in_folder(const Path& folder, const std::string& name) {
  const Path path = folder / name, real = real_path(path);
  if (!is_below(real_path(folder), real)) {
    throw Error(path.string() + ": is a link that leads out of the model folder, to " + real.string() +
                "; put the file itself there (cp -L copies what links lead to)");
  }
  if (!std::filesystem::is_regular_file(real)) {
    throw Error(path.string() + ": is no regular file; copy or export the model again");
  }
}

}  // namespace deepcache_gen
