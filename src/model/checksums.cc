#include "model/checksums.h"

#include "model/verified_files.h"
#include "support/error.h"
#include "support/sha256.h"

namespace deepcache_gen {
namespace {

void require_checksum(const ModelInfo& model, const std::string& name, const std::string& sha256) {
  if (sha256_of_file(model.folder / name) == sha256) return;
  throw Error(
      (model.folder / name).string() +
      ": its SHA-256 is not the one in model.json; the file is damaged or was changed, copy or export it again");
}

}  // namespace

ChecksumResults compare_checksums(const ModelInfo& model) {
  ChecksumResults results;
  for (const auto& [name, file] : model.files) results[name] = sha256_of_file(model.folder / name) == file.sha256;
  return results;
}

void verify_checksums(const ModelInfo& model) {
  VerifiedFiles verified(model.folder);
  for (const auto& [name, file] : model.files) {
    if (verified.contain(name, file.sha256)) continue;
    const std::optional<std::string> state = verified.settled_state(name);
    require_checksum(model, name, file.sha256);
    verified.add(name, file.sha256, state);
  }
  verified.save();
}

}  // namespace deepcache_gen
