#include "model/model_identity.h"

#include <utility>
#include <vector>

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

// The first has the bare name, the second "_2" behind it.
std::string numbered(std::string name, std::size_t index) {
  return index == 0 ? name : name.append("_").append(std::to_string(index + 1));
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

}  // namespace

ModelIdentity identity_of(const ModelInfo& model) {
  ModelIdentity identity{.name = model.name, .parts = {}, .settings = Json::object()};
  identity.parts["unet"] = model.files.at(model.unet_file);
  identity.parts["vae_decoder"] = model.files.at(model.vae_decoder_file);
  for (std::size_t i = 0; i < model.text_encoders.size(); ++i) {
    const TextEncoderInfo& encoder = model.text_encoders[i];
    identity.parts[numbered("text_encoder", i)] = model.files.at(encoder.file);
    add_tokenizer(identity, numbered("tokenizer", i), encoder.tokenizer.json(), model);
  }
  identity.settings["zero_unset_negative_prompt"] = model.zero_unset_negative_prompt;
  identity.settings["scheduler"] = scheduler_settings(model);
  identity.settings["scaling_factor"] = model.vae_scaling_factor;
  identity.settings["latents_mean"] = model.latents_mean;  // empty: none, which is not the same as not said
  identity.settings["latents_std"] = model.latents_std;
  return identity;
}

}  // namespace deepcache_gen
