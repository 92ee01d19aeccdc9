#include "cli/output/latents_file.h"

#include <utility>
#include <vector>

#include "cli/options/option_value.h"
#include "cli/output/npy.h"
#include "support/atomic_file.h"

namespace deepcache_gen {

LatentsFile::LatentsFile(std::filesystem::path file) : path_(std::move(file)) {
  if (path_.extension() != ".npy") reject({"--save-latents", path_.string()}, "expected a name that ends in .npy");
  require_writable(path_);
}

void LatentsFile::add(const Latents& latents) {
  const std::vector<std::uint8_t> values = npy_values(latents);
  if (file_) {
    file_->append(values);
    file_->replace_start(npy_header(++count_, latents));
  } else {
    std::vector<std::uint8_t> bytes = npy_header(1, latents);
    bytes.insert(bytes.end(), values.begin(), values.end());
    file_.emplace(path_, bytes);
    count_ = 1;
  }
}

}  // namespace deepcache_gen
