#include "cli/output/latents_file.h"

#include <utility>

#include "cli/options/option_value.h"
#include "cli/output/npy.h"
#include "support/atomic_file.h"

namespace deepcache_gen {

LatentsFile::LatentsFile(std::filesystem::path file) : file_(std::move(file)) {
  if (file_.extension() != ".npy") reject({"--save-latents", file_.string()}, "expected a name that ends in .npy");
  require_writable(file_);
}

void LatentsFile::add(Latents latents) {
  latents_.push_back(std::move(latents));
  write_file_atomically(file_, encode_npy(latents_));
}

}  // namespace deepcache_gen
