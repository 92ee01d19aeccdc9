#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "model/model_info.h"

namespace deepcache_gen {

/// Which model it is, whatever folder it lies in and whatever its files are called: everything in it that decides what
/// a picture shows.
struct ModelIdentity {
  std::string name;
  /// The files that are read to make a picture, by what they are for: unet, vae_decoder, text_encoder,
  /// tokenizer_FIELD after the field of model.json that names the file; text_encoder_2 and so on.
  std::map<std::string, FileInfo> parts;
  /// What model.json says beside: scheduler, tokenizer, VAE; an object, or null where it says nothing.
  nlohmann::json settings;

  /// There in every model.
  const FileInfo& unet() const { return parts.at("unet"); }
};

ModelIdentity identity_of(const ModelInfo& model);

}  // namespace deepcache_gen
