#include "model/checksums.h"

#include <utility>

#include "model/verified_files.h"
#include "support/error.h"
#include "support/sha256.h"
#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

bool matches(const std::filesystem::path& path, const FileInfo& file) { return sha256_of_file(path) == file.sha256; }

}  // namespace

ChecksumResults compare_checksums(const ModelInfo& model) {
  ChecksumResults results;
  for (const auto& [name, file] : model.files) results[name] = matches(model.folder / name, file);
  return results;
}

VerifiedModel::VerifiedModel(ModelInfo model) : model_(std::move(model)) {
  const Stopwatch stopwatch;
  VerifiedFiles verified(model_.folder);
  for (const auto& [name, file] : model_.files) {
    if (verified.contain(name, file.sha256)) continue;
    const std::optional<std::string> state = verified.settled_state(name);
    const std::filesystem::path path = model_.folder / name;
    if (!matches(path, file)) {
      throw Error(path.string() +
                  ": its SHA-256 is not the one in model.json; the file is damaged or was changed, copy or "
                  "export it again");
    }
    verified.add(name, file.sha256, state);
  }
  verified.save();
  seconds_ = stopwatch.seconds();
}

}  // namespace deepcache_gen
