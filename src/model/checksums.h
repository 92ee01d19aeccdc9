#pragma once

#include <map>
#include <string>

#include "model/model_info.h"

namespace deepcache_gen {

/// Whether each file of a model folder has the SHA-256 that model.json names.
using ChecksumResults = std::map<std::string, bool>;

/// Reads every file, whatever earlier runs found. Throws `Error` where one can't be read.
ChecksumResults compare_checksums(const ModelInfo& model);

/// A model whose files have the SHA-256 that model.json names, which is to be known before anything in them is used.
class VerifiedModel {
 public:
  /// Reads every file, but for those that earlier runs compared and that have not changed since
  /// (model/verified_files.h). Throws `Error` naming the first that differs.
  explicit VerifiedModel(ModelInfo model);

  const ModelInfo& info() const { return model_; }
  /// What the comparison took, which is part of loading.
  double seconds() const { return seconds_; }

 private:
  ModelInfo model_;
  double seconds_ = 0;
};

}  // namespace deepcache_gen
