#include "model/checksums.h"

#include <chrono>
#include <utility>

#include "support/error.h"
#include "support/sha256.h"
#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

bool matches(const std::filesystem::path& path, const FileInfo& file) { return sha256_of_file(path) == file.sha256; }

FileState state_of_file(const std::filesystem::path& path) {
  const std::optional<FileState> state = file_state(path);
  if (!state) throw Error(path.string() + ": is not there any more; copy or export the model again");
  return *state;
}

}  // namespace

ChecksumResults compare_checksums(const ModelInfo& model) {
  ChecksumResults results;
  for (const auto& [name, file] : model.files) results[name] = matches(model.folder / name, file);
  return results;
}

VerifiedModel::VerifiedModel(ModelInfo model) : model_(std::move(model)) {
  const Stopwatch stopwatch;
  VerifiedFiles verified(model_.folder);
  for (const auto& [name, file] : model_.files) verify(verified, model_.folder / name, name, file);
  verified.save();
  if (model_.refiner) refiner_ = std::make_shared<const VerifiedModel>(*model_.refiner);
  for (const auto& [role, part] : model_.parts) verify_borrowed(part);
  seconds_ = stopwatch.seconds();
}

void VerifiedModel::check_unchanged() const {
  for (const auto& [path, state] : states_) {
    if (state_of_file(path) != state) {
      throw Error(path.string() + ": was changed while it was read; start again");
    }
  }
}

void VerifiedModel::verify_borrowed(const PartInfo& part) {
  if (!part.lender) return;
  VerifiedFiles verified(part.lender->folder);
  verify(verified, part.lender->folder / part.file, part.file, part.lender->file);
  verified.save();
}

void VerifiedModel::verify(VerifiedFiles& verified, const std::filesystem::path& path, const std::string& name,
                           const FileInfo& file) {
  const std::chrono::nanoseconds now = std::chrono::system_clock::now().time_since_epoch();
  const FileState& state = states_[path] = state_of_file(path);
  if (verified.contain(name, file.sha256, state)) return;
  if (!matches(path, file)) {
    throw Error(path.string() +
                ": its SHA-256 is not the one in model.json; the file is damaged or was changed, copy or "
                "export it again");
  }
  if (state_of_file(path) != state) throw Error(path.string() + ": was changed while it was read; start again");
  verified.add(name, file.sha256, state, now);
}

}  // namespace deepcache_gen
