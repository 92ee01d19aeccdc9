#include "adapters/lora_modules.h"

#include <set>
#include <utility>

#include "adapters/original_unet_names.h"

namespace deepcache_gen {
namespace {

using Layers = std::map<std::string, LoraModule>;

constexpr std::string_view kWeight = ".weight";

// By the path of the layer. What has one dimension is a norm's.
Layers layers_of(const std::string& role, const WeightSizes& weights) {
  Layers layers;
  for (const auto& [name, sizes] : weights) {
    if (sizes.size() < 2 || !name.ends_with(kWeight)) continue;
    layers.emplace(name.substr(0, name.size() - kWeight.size()), LoraModule{role, name, sizes});
  }
  return layers;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t found = text.rfind(from);
  if (found != std::string::npos) text.replace(found, from.size(), to);
  return text;
}

// Before diffusers had its layers of PEFT, the attention's processor had the LoRA, and named no list of layers.
std::string in_processor(const std::string& layer) {
  for (const std::string_view name : {".to_q", ".to_k", ".to_v", ".to_out.0"}) {
    if (layer.ends_with(name))
      return replaced(layer, name, ".processor" + std::string(name == ".to_out.0" ? ".to_out" : name));
  }
  return layer;
}

std::string in_old_text_encoder(const std::string& layer) {
  for (const char* name : {"q", "k", "v", "out"}) {
    const std::string projection = std::string(".").append(name).append("_proj");
    if (layer.ends_with(projection)) return replaced(layer, projection, std::string(".to_").append(name));
  }
  return layer;
}

}  // namespace

LoraModules::LoraModules(const std::map<std::string, WeightSizes>& parts) {
  for (const auto& [role, weights] : parts) {
    const Layers layers = layers_of(role, weights);
    for (const auto& [path, layer] : layers) add(role, path, layer);
    if (role == "unet") {
      add_unet(layers);
    } else {
      add_text_encoder(role, layers);
    }
  }
}

const LoraModule* LoraModules::find(const std::string& module) const {
  for (const LayerName& layer : layer_names(module)) {
    const auto role = by_role_.find(layer.role);
    if (role == by_role_.end()) continue;
    const auto found = role->second.find(layer.name);
    if (found != role->second.end()) return &found->second;
  }
  return nullptr;
}

// The first name counts: a stranger's model may have any.
void LoraModules::add(const std::string& role, const std::string& name, const LoraModule& module) {
  by_role_[role].emplace(underscored(name), module);
}

void LoraModules::add_unet(const std::map<std::string, LoraModule>& layers) {
  std::set<std::string> paths;
  for (const auto& [path, layer] : layers) {
    paths.insert(path);
    add("unet", in_processor(path), layer);
  }
  for (const auto& [path, original] : original_unet_names(paths)) add("unet", original, layers.at(path));
}

void LoraModules::add_text_encoder(const std::string& role, const std::map<std::string, LoraModule>& layers) {
  constexpr std::string_view kTextModel = "text_model.";
  for (const auto& [path, layer] : layers) {
    const std::string inner = path.starts_with(kTextModel) ? path.substr(kTextModel.size()) : path;
    for (const std::string& name : {inner, in_old_text_encoder(inner), in_old_text_encoder(path)})
      add(role, name, layer);
  }
}

}  // namespace deepcache_gen
