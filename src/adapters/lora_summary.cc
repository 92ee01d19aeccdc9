#include "adapters/lora_summary.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "adapters/lora_alphas.h"
#include "adapters/lora_keys.h"
#include "adapters/stored_numbers.h"
#include "support/error.h"
#include "support/number_text.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

// How many layers have each of these.
using Counts = std::map<std::string, int>;

struct Layer {
  std::optional<std::int64_t> rank;
  std::optional<std::int64_t> inputs;
  std::string alpha_key;
};

// What most of them have stands first.
Facts by_count(const Counts& counts) {
  std::vector<std::pair<std::string, int>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  Facts facts = Facts::object();
  for (const auto& [text, count] : sorted) facts[text] = count;
  return facts;
}

bool contains(const std::string& text, std::initializer_list<const char*> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](const char* word) { return text.find(word) != std::string::npos; });
}

std::string place_of(const LayerName& layer) {
  if (layer.role != "unet") return layer.role;
  if (contains(layer.name, {"attn1", "attn2"})) return "unet attention";
  if (contains(layer.name, {"_ff_"})) return "unet feed-forward";
  if (contains(layer.name, {"proj_in", "proj_out"})) return "unet transformer ends";
  if (contains(layer.name, {"emb_layers", "time_emb", "label_emb", "add_embedding"})) return "unet embeddings";
  return "unet convolutions";
}

class Summary {
 public:
  Summary(const std::filesystem::path& file, const SafetensorsHeader& header) : file_(file), header_(header) {
    for (const auto& [key, tensor] : header.tensors) {
      if (const std::optional<std::string> form = refused_form(key)) refused_.insert(*form);
      if (const std::optional<LoraKey> known = lora_key(key)) add(key, *known, tensor);
    }
  }

  Facts json() const {
    Facts facts = Facts::object();
    facts["kind"] = kind();
    if (const std::optional<std::string> name = family()) facts["family"] = *name;
    facts["made_for"] = made_for();
    if (const Counts counts = ranks(); !counts.empty()) facts["rank"] = by_count(counts);
    if (const Counts counts = alphas(); !counts.empty()) facts["alpha"] = by_count(counts);
    if (const Counts counts = places(); !counts.empty()) facts["layers"] = by_count(counts);
    return facts;
  }

 private:
  void add(const std::string& key, const LoraKey& known, const StoredTensor& tensor) {
    Layer& layer = layers_[known.module];
    if (known.part == "alpha") layer.alpha_key = key;
    if (known.part == "down" || known.part == "up") kinds_.insert("LoRA");
    if (known.part.starts_with("hada_")) kinds_.insert("LoHa");
    if (known.part.starts_with("lokr_")) kinds_.insert("LoKr");
    const bool has_rank =
        known.part == "down" || known.part == "hada_w1_b" || known.part == "lokr_w1_b" || known.part == "lokr_w2_b";
    if (!has_rank || tensor.sizes.size() < 2) return;
    layer.rank = tensor.sizes[0];
    if (!known.part.starts_with("lokr_")) layer.inputs = tensor.sizes[1];
  }

  std::string kind() const {
    std::string text;
    for (const std::string& kind : kinds_) text.append(text.empty() ? "" : " and ").append(kind);
    if (text.empty()) text = "adapter";
    for (const std::string& form : refused_) text.append(form == *refused_.begin() ? " with " : " and ").append(form);
    return text;
  }

  std::string made_for() const {
    if (!refused_.empty()) return "nothing here: " + *refused_.begin() + " is not computed with";
    const std::optional<std::string> name = family();
    return "--lora FILE" + (name ? ", beside a model of the family " + *name : "");
  }

  // By what the cross-attention reads, or by the text encoder where there is no other layer.
  std::optional<std::string> family() const {
    for (const auto& [module, layer] : layers_) {
      if (layer.inputs && underscored(module).ends_with("attn2_to_k")) return family_of_context(*layer.inputs);
    }
    std::set<std::string> roles;
    for (const auto& [module, layer] : layers_) roles.insert(layer_names(module).front().role);
    if (roles.contains("text_encoder_2")) return "SDXL";
    for (const auto& [module, layer] : layers_) {
      if (layer.inputs && roles.size() == 1 && module.starts_with("lora_te_") && module.ends_with("_q_proj")) {
        return family_of_context(*layer.inputs);
      }
    }
    return {};
  }

  Counts ranks() const {
    Counts counts;
    for (const auto& [module, layer] : layers_) {
      if (layer.rank) ++counts[std::to_string(*layer.rank)];
    }
    return counts;
  }

  Counts alphas() const {
    std::vector<std::string> keys;
    for (const auto& [module, layer] : layers_) {
      if (!layer.alpha_key.empty()) keys.push_back(layer.alpha_key);
    }
    Counts counts;
    for (const auto& [key, alpha] : stored_numbers(file_, header_, keys)) ++counts[number_text("%g", alpha)];
    return counts.empty() ? alphas_of_metadata() : counts;
  }

  // What is malformed is said by who uses the file.
  Counts alphas_of_metadata() const try {
    const LoraAlphas said(header_.metadata);
    Counts counts;
    for (const auto& [module, layer] : layers_) {
      const std::string role = layer_names(module).front().role;
      const std::size_t dot = module.starts_with(role + ".") ? role.size() + 1 : 0;
      if (!layer.rank || *layer.rank < 1) continue;
      const std::optional<double> scale = said.scale(role, module.substr(dot), *layer.rank);
      if (scale) ++counts[number_text("%g", *scale * static_cast<double>(*layer.rank))];
    }
    return counts;
  } catch (const Error&) {
    return {};
  }

  Counts places() const {
    Counts counts;
    for (const auto& [module, layer] : layers_) ++counts[place_of(layer_names(module).front())];
    return counts;
  }

  const std::filesystem::path& file_;
  const SafetensorsHeader& header_;
  std::map<std::string, Layer> layers_;
  std::set<std::string> kinds_, refused_;
};

}  // namespace

bool is_lora(const SafetensorsHeader& header) {
  return std::any_of(header.tensors.begin(), header.tensors.end(), [](const auto& tensor) {
    const std::optional<LoraKey> known = lora_key(tensor.first);
    return (known && known->part != "alpha") || refused_form(tensor.first);
  });
}

Facts lora_summary(const std::filesystem::path& file, const SafetensorsHeader& header) {
  return Summary(file, header).json();
}

}  // namespace deepcache_gen
