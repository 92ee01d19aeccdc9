#include "model/checksums.h"

#include "support/error.h"
#include "support/sha256.h"

namespace deepcache_gen {

ChecksumResults compare_checksums(const ModelInfo& model) {
  ChecksumResults results;
  for (const auto& [name, file] : model.files) results[name] = sha256_of_file(model.folder / name) == file.sha256;
  return results;
}

void verify_checksums(const ModelInfo& model) {
  for (const auto& [name, matches] : compare_checksums(model)) {
    if (matches) continue;
    throw Error((model.folder / name).string() +
                ": its SHA-256 is not the one in model.json; the file is damaged or was changed, copy or "
                "export it again");
  }
}

}  // namespace deepcache_gen
