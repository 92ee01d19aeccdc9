#include "pipeline/applied_loras.h"

#include <ATen/ops/mul.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "support/error.h"
#include "support/number_text.h"
#include "support/stopwatch.h"

namespace deepcache_gen {
namespace {

// Of numbers of files that are not in use.
constexpr std::int64_t kMostKept = std::int64_t{1} << 30;

std::string flag_and_file(const LoraSettings& lora) { return "--lora '" + lora.file.string() + "'"; }

std::int64_t bytes_of(const WeightDelta& delta) {
  if (const auto* full = std::get_if<FullDelta>(&delta)) return static_cast<std::int64_t>(full->numbers.nbytes());
  const auto& product = std::get<LowRankDelta>(delta);
  return static_cast<std::int64_t>(product.up.nbytes() + product.down.nbytes());
}

std::int64_t bytes_of(const PatchesByRole& patches) {
  std::int64_t bytes = 0;
  for (const auto& [role, deltas] : patches) {
    for (const NamedDelta& named : deltas) bytes += bytes_of(*named.delta);
  }
  return bytes;
}

// The tensors stay the same ones, so that what was packed with them is found again.
NamedDelta scaled_by(double weight, const NamedDelta& named) {
  WeightDelta delta = named.delta.value();
  std::visit([&](auto& each) { each.scale *= weight; }, delta);
  return {named.name, std::move(delta)};
}

std::string count_of_layers(const PatchesByRole& patches) {
  std::string text;
  for (const auto& [role, deltas] : patches) {
    if (deltas.empty()) continue;
    text.append(text.empty() ? "" : ", ").append(std::to_string(deltas.size())).append(" layers of ").append(role);
  }
  return text;
}

// ", rank 16" or ", rank 4 to 64"; nothing where no delta is a product.
std::string ranks_of(const PatchesByRole& patches) {
  std::set<std::int64_t> ranks;
  for (const auto& [role, deltas] : patches) {
    for (const NamedDelta& named : deltas) {
      if (const auto* product = std::get_if<LowRankDelta>(&*named.delta)) ranks.insert(product->up.size(1));
    }
  }
  if (ranks.empty()) return "";
  std::string text = ", rank " + std::to_string(*ranks.begin());
  if (ranks.size() > 1) text += " to " + std::to_string(*ranks.rbegin());
  return text;
}

// Whether a weight is in a layer of a text encoder after the one whose states the UNet reads, where no pooled text is
// read: such as the last layer of SDXL's first encoder.
bool is_unread(const std::string& archived, const TextEncoderInfo& encoder, std::optional<int> clip_skip) {
  constexpr std::string_view kLayers = "layers.";
  if (!encoder.layers || encoder.projection_size > 0 || !archived.starts_with(kLayers)) return false;
  const int layer = std::atoi(archived.c_str() + kLayers.size());
  return layer > *encoder.layers - clip_skip.value_or(encoder.skip);
}

// ", 6 of them without effect: the picture does not use their layers", if there are any.
std::string count_of_unread(const PatchesByRole& patches, const ModelInfo& model, std::optional<int> clip_skip) {
  std::size_t count = 0;
  for (const auto& [role, encoder] : model.text_encoders) {
    const auto found = patches.find(role);
    if (found == patches.end()) continue;
    for (const NamedDelta& named : found->second) {
      count += is_unread(model.part(role).weights.archived(named.name).value_or(""), encoder, clip_skip) ? 1 : 0;
    }
  }
  if (count == 0) return "";
  return ", " + std::to_string(count) + " of them without effect: the picture does not use their layers";
}

}  // namespace

PatchesByRole AppliedLoras::read(const LoraSettings& lora) const {
  const LoraFile file(lora.file);
  if (file.sha256() != lora.sha256) {
    throw Error(lora.file.string() + ": has changed since the run began; run it again for the LoRA that is there now");
  }
  return file.resolve(parts_.patchable_weights());
}

void AppliedLoras::check(const std::vector<LoraSettings>& loras) const {
  const std::lock_guard lock(mutex_);
  for (const LoraSettings& lora : loras) {
    if (fitting_.contains(lora.sha256)) continue;
    try {
      read(lora);
    } catch (const Error& error) {
      throw UsageError("--lora", "--lora " + std::string(error.what()));
    }
    fitting_.insert(lora.sha256);
  }
}

AppliedLoras::Known& AppliedLoras::known(const LoraSettings& lora) {
  const auto found =
      std::find_if(known_.begin(), known_.end(), [&](const Known& each) { return each.sha256 == lora.sha256; });
  if (found != known_.end()) {
    known_.splice(known_.begin(), known_, found);
  } else {
    PatchesByRole patches = read(lora);
    const std::int64_t bytes = bytes_of(patches);
    known_.push_front({lora.sha256, std::move(patches), bytes});
  }
  return known_.front();
}

void AppliedLoras::forget_all_but(std::size_t needed) {
  std::int64_t bytes = 0;
  std::size_t count = 0;
  std::erase_if(known_, [&](const Known& each) {
    bytes += each.bytes;
    return ++count > needed && bytes > kMostKept;
  });
}

bool AppliedLoras::apply(const GenerationSettings& settings, const Tell& tell) {
  const std::vector<LoraSettings>& loras = settings.loras;
  Applied wanted;
  for (const LoraSettings& lora : loras) wanted.emplace_back(lora.sha256, lora.weight);
  if (applied_ == wanted) return false;
  const Stopwatch stopwatch;
  PatchesByRole added;
  for (const LoraSettings& lora : loras) {
    const Known& file = known(lora);
    for (const auto& [role, deltas] : file.at_one) {
      for (const NamedDelta& named : deltas) added[role].push_back(scaled_by(lora.weight, named));
    }
    tell(flag_and_file(lora) + " by " + number_text("%g", lora.weight) + ": " + count_of_layers(file.at_one) +
         ranks_of(file.at_one) + count_of_unread(file.at_one, parts_.info(), settings.clip_skip));
  }
  applied_.reset();
  parts_.patch(added);
  applied_ = std::move(wanted);
  forget_all_but(loras.size());
  tell((loras.empty() ? "the LoRA are taken off again" : std::to_string(loras.size()) + " LoRA added to the model") +
       " in " + number_text("%.2f", stopwatch.seconds()) + " s");
  return true;
}

}  // namespace deepcache_gen
