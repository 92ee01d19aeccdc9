#include "adapters/lora_keys.h"

#include <algorithm>
#include <array>
#include <utility>

namespace deepcache_gen {
namespace {

struct Ending {
  std::string_view text;
  const char* part;
};

// The longer of two that fit one name stands first.
constexpr std::array kEndings{Ending{".lora_down.weight", "down"},
                              Ending{".lora_up.weight", "up"},
                              Ending{".lora_mid.weight", "mid"},
                              Ending{".lora_A.weight", "down"},
                              Ending{".lora_B.weight", "up"},
                              Ending{".lora_linear_layer.down.weight", "down"},
                              Ending{".lora_linear_layer.up.weight", "up"},
                              Ending{".lora.down.weight", "down"},
                              Ending{".lora.up.weight", "up"},
                              Ending{"_lora.down.weight", "down"},
                              Ending{"_lora.up.weight", "up"},
                              Ending{".hada_w1_a", "hada_w1_a"},
                              Ending{".hada_w1_b", "hada_w1_b"},
                              Ending{".hada_w2_a", "hada_w2_a"},
                              Ending{".hada_w2_b", "hada_w2_b"},
                              Ending{".hada_t1", "hada_t1"},
                              Ending{".hada_t2", "hada_t2"},
                              Ending{".lokr_w1", "lokr_w1"},
                              Ending{".lokr_w1_a", "lokr_w1_a"},
                              Ending{".lokr_w1_b", "lokr_w1_b"},
                              Ending{".lokr_w2", "lokr_w2"},
                              Ending{".lokr_w2_a", "lokr_w2_a"},
                              Ending{".lokr_w2_b", "lokr_w2_b"},
                              Ending{".lokr_t2", "lokr_t2"},
                              Ending{".alpha", "alpha"}};

struct Form {
  std::string_view text;
  const char* name;
};

constexpr std::array kRefusedForms{Form{"dora_scale", "DoRA"},
                                   Form{"lora_magnitude_vector", "DoRA"},
                                   Form{"oft_", "OFT"},
                                   Form{"ia3", "IA3"},
                                   Form{"on_input", "IA3"},
                                   Form{"diff", "a full difference"},
                                   Form{"diff_b", "a difference of a bias"},
                                   Form{"w_norm", "a difference of a norm"},
                                   Form{"b_norm", "a difference of a norm"},
                                   Form{"bundle_emb", "an embedding inside of a LoRA"},
                                   Form{"lora_controlnet", "a Control-LoRA"}};

struct Prefix {
  std::string_view text;
  const char* role;
};

constexpr std::array kPrefixes{Prefix{"lora_unet_", "unet"},
                               Prefix{"lora_te1_", "text_encoder"},
                               Prefix{"lora_te2_", "text_encoder_2"},
                               Prefix{"lora_te_", "text_encoder"},
                               Prefix{"unet_", "unet"},
                               Prefix{"diffusion_model_", "unet"},
                               Prefix{"text_encoder_2_", "text_encoder_2"},
                               Prefix{"text_encoder_", "text_encoder"}};

// "X.lora_A.default.weight": PEFT puts the adapter's name in between.
std::optional<LoraKey> with_adapter_name(std::string_view key) {
  constexpr std::string_view kWeight = ".weight";
  for (const auto& [text, part] : {Ending{".lora_A.", "down"}, Ending{".lora_B.", "up"}}) {
    const std::size_t found = key.rfind(text);
    if (found == std::string_view::npos || !key.ends_with(kWeight)) continue;
    const std::size_t first = found + text.size(), last = key.size() - kWeight.size();
    if (first >= last || key.substr(first, last - first).find('.') != std::string_view::npos) continue;
    return LoraKey{std::string(key.substr(0, found)), part};
  }
  return {};
}

// Whether one of the words between the dots is `word`, or begins with it where it ends in an underscore.
bool has_word(std::string_view key, std::string_view word) {
  for (std::size_t first = 0; first <= key.size();) {
    const std::size_t end = std::min(key.find('.', first), key.size());
    const std::string_view each = key.substr(first, end - first);
    if (each == word || (word.ends_with('_') && each.starts_with(word))) return true;
    first = end + 1;
  }
  return false;
}

}  // namespace

std::optional<LoraKey> lora_key(std::string_view key) {
  for (const auto& [text, part] : kEndings) {
    if (key.size() > text.size() && key.ends_with(text)) {
      return LoraKey{std::string(key.substr(0, key.size() - text.size())), part};
    }
  }
  return with_adapter_name(key);
}

std::optional<std::string> refused_form(std::string_view key) {
  const auto form = std::find_if(kRefusedForms.begin(), kRefusedForms.end(),
                                 [&](const Form& each) { return has_word(key, each.text); });
  if (form == kRefusedForms.end()) return {};
  return form->name;
}

std::vector<LayerName> layer_names(std::string_view module) {
  constexpr std::string_view kPeft = "base_model_model_";
  std::string name = underscored(module);
  if (name.starts_with(kPeft)) name.erase(0, kPeft.size());
  std::vector<LayerName> names;
  for (const auto& [text, role] : kPrefixes) {
    if (name.starts_with(text)) names.push_back({role, name.substr(text.size())});
  }
  if (names.empty()) names = {{"unet", name}, {"text_encoder", name}};
  return names;
}

std::string underscored(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '.', '_');
  return text;
}

std::optional<std::string> family_of_context(std::int64_t width) {
  switch (width) {
    case 768:
      return "SD 1.5";
    case 1024:
      return "SD 2.1";
    case 2048:
      return "SDXL";
    case 1280:
      return "SDXL's refiner";
    default:
      return {};
  }
}

}  // namespace deepcache_gen
