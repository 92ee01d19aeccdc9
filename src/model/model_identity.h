#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "model/model_info.h"

namespace deepcache_gen {

/// Which model it is, whatever folder it lies in and whatever its files are called: everything in it that decides what
/// a picture shows.
struct ModelIdentity {
  std::string name;
  /// The files that are read to make a picture, by the role of the part that they are (model/model_parts.h), and those
  /// of tokenizers: tokenizer_FIELD after the field of model.json that names the file, tokenizer_2_FIELD and so on.
  std::map<std::string, FileInfo> parts;
  /// What model.json says beside: scheduler, tokenizer, text encoder, VAE; an object, or null where it says nothing.
  nlohmann::json settings;
  std::string vae{};  ///< name of the model that lends the VAE; empty: its own

  /// There in every model.
  const FileInfo& unet() const { return parts.at("unet"); }
};

/// The identity for a task that reads the parts of these roles. Throws `Error` where the model lacks one.
ModelIdentity identity_of(const ModelInfo& model, const std::vector<std::string>& roles);

}  // namespace deepcache_gen
