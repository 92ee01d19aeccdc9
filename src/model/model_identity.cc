#include "model/model_identity.h"

#include <utility>

namespace deepcache_gen {
namespace {

using Json = nlohmann::json;

// What a request decides anew for every picture, and its record says.
constexpr const char* kAskedFor[] = {"sampler", "sigma_schedule"};

Json scheduler_settings(const ModelInfo& model) {
  Json settings = model.scheduler.json();
  for (const char* field : kAskedFor) settings.erase(field);
  return settings;
}

// A field of the tokenizer's that names a file of the folder says where it lies, and the file itself counts.
void add_tokenizer(ModelIdentity& identity, const std::string& name, const Json& tokenizer, const ModelInfo& model) {
  for (const auto& [field, value] : tokenizer.items()) {
    const auto file = value.is_string() ? model.files.find(value.get<std::string>()) : model.files.end();
    if (file == model.files.end()) {
      identity.settings[name][field] = value;
    } else {
      identity.parts[name + "_" + field] = file->second;
    }
  }
}

// What a whole encoder (format 1) has in its file.
Json states_of(const TextEncoderInfo& encoder) {
  Json states{{"skip", encoder.skip}, {"final_norm", encoder.final_norm}};
  if (encoder.end_id) states["end_id"] = *encoder.end_id;
  return states;
}

void add_text_encoder(ModelIdentity& identity, const std::string& role, const ModelInfo& model) {
  const TextEncoderInfo& encoder = model.text_encoders.at(role);
  if (encoder.layers) identity.settings[role] = states_of(encoder);
  // "tokenizer_2" is before "text_encoder_2".
  const std::string number = role.substr(std::string(kTextEncoder).size());
  add_tokenizer(identity, "tokenizer" + number, encoder.tokenizer.json(), model);
}

std::string vae_lender(const ModelInfo& model) {
  const auto decoder = model.parts.find(kVaeDecoder);
  return decoder != model.parts.end() && decoder->second.lender ? decoder->second.lender->name : "";
}

}  // namespace

ModelIdentity identity_of(const ModelInfo& model, const std::vector<std::string>& roles) {
  ModelIdentity identity{.name = model.name, .parts = {}, .settings = Json::object(), .vae = vae_lender(model)};
  for (const std::string& role : roles) {
    identity.parts[role] = model.file_of(role);
    if (model.text_encoders.contains(role)) add_text_encoder(identity, role, model);
  }
  identity.settings["zero_unset_negative_prompt"] = model.zero_unset_negative_prompt;
  identity.settings["scheduler"] = scheduler_settings(model);
  identity.settings["scaling_factor"] = model.vae.scaling_factor;
  identity.settings["latents_mean"] = model.vae.latents_mean;  // empty: none, which is not the same as not said
  identity.settings["latents_std"] = model.vae.latents_std;
  return identity;
}

}  // namespace deepcache_gen
