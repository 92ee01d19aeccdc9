#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "model/model_info.h"
#include "model/verified_files.h"
#include "support/file_state.h"

namespace deepcache_gen {

/// Whether each file of a model folder has the SHA-256 that model.json names.
using ChecksumResults = std::map<std::string, bool>;

/// Reads every file, whatever earlier runs found. Throws `Error` where one can't be read.
ChecksumResults compare_checksums(const ModelInfo& model);

/// A model whose files have the SHA-256 that model.json names, which is to be known before anything in them is used.
class VerifiedModel {
 public:
  /// Reads every file, borrowed ones among them, but for those that earlier runs compared and that have not changed
  /// since (model/verified_files.h). Throws `Error` naming the first that differs.
  explicit VerifiedModel(ModelInfo model);

  const ModelInfo& info() const { return model_; }
  /// That of the model's refiner, verified alike; null where there is none.
  const VerifiedModel* refiner() const { return refiner_.get(); }
  /// In which state the file `name` of the model was compared: whoever opens it later can tell whether it is the same.
  const FileState& state_of(const std::string& name) const { return states_.at(model_.folder / name); }
  /// The same of the part of this role, which another model may have lent.
  const FileState& state_of_part(const std::string& role) const { return states_.at(model_.path_of(role)); }
  /// Throws `Error` naming a file that is not the one that was compared: to be asked when all of them have been read.
  void check_unchanged() const;
  /// What the comparison took, which is part of loading.
  double seconds() const { return seconds_; }

 private:
  void verify(VerifiedFiles& verified, const std::filesystem::path& path, const std::string& name,
              const FileInfo& file);
  void verify_borrowed(const PartInfo& part);

  ModelInfo model_;
  std::map<std::filesystem::path, FileState> states_;
  std::shared_ptr<const VerifiedModel> refiner_;
  double seconds_ = 0;
};

}  // namespace deepcache_gen
