#include "adapters/lora_file.h"

#include <cstdint>
#include <utility>

#include "adapters/lora_alphas.h"
#include "adapters/lora_delta.h"
#include "adapters/lora_keys.h"
#include "adapters/lora_modules.h"
#include "backend/foreign_errors.h"
#include "support/error.h"
#include "support/number_text.h"
#include "support/printable.h"

namespace deepcache_gen {
namespace {

constexpr std::size_t kLongestKey = 150;

std::string quoted_key(const std::string& key) {
  return std::string("'").append(shortened(key, kLongestKey)).append("'");
}

// The names of one layer's tensors in the file, by their part.
using Keys = std::map<std::string, std::string>;

std::string forms() { return "; accepted are LoRA of kohya, PEFT and diffusers, LoHa and LoKr"; }

LoraKey known_key(const std::string& key) {
  if (const std::optional<std::string> form = refused_form(key)) {
    throw Error(quoted_key(key) + " is of " + *form + ", which is not computed with" + forms());
  }
  const std::optional<LoraKey> known = lora_key(key);
  if (!known) throw Error(quoted_key(key) + " is no tensor of a LoRA" + forms());
  return *known;
}

const char* name_of_role(const std::string& role) {
  if (role == "unet") return "UNet";
  return role == "text_encoder_2" ? "second text encoder" : "text encoder";
}

bool reads_the_text(const std::string& module) { return underscored(module).ends_with("attn2_to_k"); }

// Its second size is that of the layer's input.
bool takes_inputs(const std::string& part) { return part == "down" || part == "hada_w1_b"; }

std::string described_context(std::int64_t width) {
  const std::optional<std::string> family = family_of_context(width);
  return std::to_string(width) + (family ? std::string(" (").append(*family).append(")") : "");
}

// Above all else: what is made for another family has other layers as well, which would say less.
void require_context(const std::string& key, const TensorHeader& down,
                     const std::map<std::string, WeightSizes>& parts) {
  const auto unet = parts.find("unet");
  if (unet == parts.end() || down.sizes.size() < 2) return;
  for (const auto& [weight, sizes] : unet->second) {
    if (!weight.ends_with(".attn2.to_k.weight") || sizes.size() < 2 || sizes[1] == down.sizes[1]) continue;
    const std::optional<std::string> family = family_of_context(down.sizes[1]);
    throw Error("is for " + family.value_or("another family of models") + ": " + quoted_key(key) + " takes " +
                std::to_string(down.sizes[1]) + " numbers, and this model's cross-attention " +
                described_context(sizes[1]) + "; take a LoRA made for this model's family");
  }
}

void require_family(const TensorFile& file, const std::map<std::string, WeightSizes>& parts) {
  for (const auto& [key, header] : file.headers()) {
    const std::optional<LoraKey> known = lora_key(key);
    if (known && takes_inputs(known->part) && reads_the_text(known->module)) return require_context(key, header, parts);
  }
}

[[noreturn]] void refuse_unknown(const std::string& key, const std::string& module,
                                 const std::map<std::string, WeightSizes>& parts) {
  const std::string role = layer_names(module).front().role;
  const auto part = parts.find(role);
  const std::string name = name_of_role(role);
  if (part == parts.end()) {
    throw Error(quoted_key(key) + " is for a " + name + ", which this model has not; take a LoRA made for its family");
  }
  if (part->second.empty()) {
    throw Error(quoted_key(key) + ": the model's " + name + " does not tell the names of its layers; export it again");
  }
  throw Error(quoted_key(key) + " is for a layer that this model's " + name +
              " has not; take a LoRA made for its family");
}

struct NamedLayer {
  const LoraModule* module;
  Keys keys;
};

// By part and weight: a file that names a layer in two ways would change it twice.
std::map<std::pair<std::string, std::string>, NamedLayer> named_layers(
    const TensorFile& file, const LoraModules& modules, const std::map<std::string, WeightSizes>& parts) {
  std::map<std::pair<std::string, std::string>, NamedLayer> layers;
  for (const auto& [key, header] : file.headers()) {
    const LoraKey known = known_key(key);
    const LoraModule* module = modules.find(known.module);
    if (!module) refuse_unknown(key, known.module, parts);
    NamedLayer& layer = layers.try_emplace({module->role, module->weight}, NamedLayer{module, {}}).first->second;
    const auto [place, is_new] = layer.keys.emplace(known.part, key);
    if (!is_new) {
      throw Error(quoted_key(key) + " and " + quoted_key(place->second) +
                  " are for the same layer; take a file that has one");
    }
  }
  return layers;
}

// Whether none is NaN or infinite: of these all bits of the exponent are set. A file may have hundreds of megabytes.
template <typename Bits>
bool are_finite(const at::Tensor& tensor, Bits exponent) {
  const auto* bits = static_cast<const Bits*>(tensor.const_data_ptr());
  bool found = false;
  for (std::int64_t i = 0; i < tensor.numel(); ++i) found |= (bits[i] & exponent) == exponent;
  return !found;
}

bool are_finite(const std::string& key, const at::Tensor& tensor) {
  switch (tensor.scalar_type()) {
    case at::kHalf:
      return are_finite<std::uint16_t>(tensor, 0x7c00);
    case at::kBFloat16:
      return are_finite<std::uint16_t>(tensor, 0x7f80);
    case at::kFloat:
      return are_finite<std::uint32_t>(tensor, 0x7f800000);
    case at::kDouble:
      return are_finite<std::uint64_t>(tensor, 0x7ff0000000000000);
    default:
      throw Error(quoted_key(key) + " has numbers of a kind that no LoRA has; accepted are F16, BF16, F32 and F64");
  }
}

at::Tensor finite_numbers(const TensorFile& file, const std::string& key) {
  const at::Tensor tensor = file.tensor(key);
  if (are_finite(key, tensor)) return tensor;
  throw Error(quoted_key(key) + " has NaN or infinite numbers, which would spoil every picture; download it again");
}

LoraTensors tensors_of(const TensorFile& file, const Keys& keys) {
  LoraTensors tensors;
  for (const auto& [part, key] : keys) {
    tensors.emplace(part, finite_numbers(file, key));
    if (part == "alpha" && tensors.at(part).numel() != 1) {
      throw Error(quoted_key(key) + " is no single number; download it again");
    }
  }
  return tensors;
}

// Times a weight it must be a number of float32.
double usable_scale(double scale) {
  constexpr double kLargest = 1e30;
  if (std::abs(scale) <= kLargest) return scale;
  throw Error("is scaled by " + number_text("%g", scale) +
              " (alpha / rank), which would spoil every picture; download it again");
}

NamedDelta delta_of(const TensorFile& file, const LoraModule& module, const Keys& keys, const LoraAlphas& alphas) {
  const LoraTensors tensors = tensors_of(file, keys);
  const auto scale = [&](std::int64_t rank) {
    const auto alpha = tensors.find("alpha");
    if (alpha != tensors.end()) return usable_scale(alpha->second.item<double>() / static_cast<double>(rank));
    const std::string layer = module.weight.substr(0, module.weight.rfind('.'));
    return usable_scale(alphas.scale(module.role, layer, rank).value_or(1));
  };
  try {
    return {module.weight, lora_delta(tensors, module.sizes, scale)};
  } catch (const Error& error) {
    throw Error(quoted_key(keys.begin()->second) + ": its layer " + error.what());
  }
}

}  // namespace

LoraFile::LoraFile(const std::filesystem::path& file) : file_(file), tensors_(file) {}

PatchesByRole LoraFile::resolve(const std::map<std::string, WeightSizes>& parts) const {
  return translate_errors(file_.string(), [&] {
    if (tensors_.headers().empty()) throw Error("holds no tensors, so it is no LoRA");
    require_family(tensors_, parts);
    const LoraAlphas alphas(tensors_.metadata());
    const LoraModules modules(parts);
    PatchesByRole patches;
    for (const auto& [place, layer] : named_layers(tensors_, modules, parts)) {
      patches[place.first].push_back(delta_of(tensors_, *layer.module, layer.keys, alphas));
    }
    return patches;
  });
}

}  // namespace deepcache_gen
