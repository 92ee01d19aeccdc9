#include "model/checksums.h"

#include "support/error.h"
#include "support/sha256.h"

namespace deepcache_gen {

void verify_checksums(const ModelInfo& model) {
  for (const auto& [name, info] : model.files) {
    const std::filesystem::path path = model.folder / name;
    if (sha256_of_file(path) != info.sha256) {
      throw Error(path.string() +
                  ": its SHA-256 is not the one in model.json; the file is damaged or was changed, copy or "
                  "export it again");
    }
  }
}

}  // namespace deepcache_gen
