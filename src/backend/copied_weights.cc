#include "backend/copied_weights.h"

#include <c10/core/InferenceMode.h>

#include <map>
#include <utility>

namespace deepcache_gen {
namespace {

// Copied in any case: the numbers lie in a mapped file. LibTorch converts before it copies to another device, so that
// no room is needed there for the dtype of the file. Whole numbers (position ids) stay such.
at::Tensor copy_of(const at::Tensor& weight, const Placement& placement, bool channels_last) {
  const c10::ScalarType dtype = weight.is_floating_point() ? placement.dtype : weight.scalar_type();
  const bool is_kernel = channels_last && weight.dim() == 4;
  return weight.to(placement.device, dtype, false, /*copy=*/true,
                   is_kernel ? c10::MemoryFormat::ChannelsLast : c10::MemoryFormat::Preserve);
}

// Those of linears and convolutions.
bool can_be_patched(const at::Tensor& weight) {
  return weight.is_floating_point() && (weight.dim() == 2 || weight.dim() == 4);
}

// What has been copied, by address: a weight that several submodules share is copied once.
struct Copied {
  at::Tensor original;  // keeps the address from being another tensor's
  at::Tensor copy;
  std::shared_ptr<PatchableWeight> weight;  // null where it can't be patched
};

}  // namespace

CopiedWeights::CopiedWeights(const torch::jit::Module& module, const Placement& placement, bool channels_last,
                             std::shared_ptr<const MappedFile> file)
    : file_(std::move(file)) {
  std::map<const at::TensorImpl*, Copied> copied;
  const auto copy = [&](const at::Tensor& original) {
    const auto [entry, is_new] = copied.try_emplace(original.unsafeGetTensorImpl(), Copied{original, {}, nullptr});
    if (!is_new) return entry->second;
    entry->second.copy = copy_of(original, placement, channels_last);
    if (can_be_patched(original)) {
      entry->second.weight = std::make_shared<PatchableWeight>(original.detach(), file_);
      copies_.push_back({entry->second.weight, entry->second.copy});
    }
    // A submodule that hangs in two places is visited twice.
    copied.try_emplace(entry->second.copy.unsafeGetTensorImpl(), entry->second);
    return entry->second;
  };
  for (const auto& part : module.named_modules()) {
    for (const auto& [name, value] : part.value.named_attributes(/*recurse=*/false)) {
      if (!value.isTensor() || !value.toTensor().defined()) continue;
      const Copied made = copy(value.toTensor());
      torch::jit::Module(part.value).setattr(name, made.copy);
      if (made.weight) weights_.add(part.name.empty() ? name : part.name + "." + name, made.weight);
    }
  }
}

void CopiedWeights::follow() {
  const c10::InferenceMode inference;  // the copies are parameters
  for (Copy& copy : copies_) {
    const unsigned version = copy.weight->version();
    if (copy.version == version) continue;
    const at::Tensor numbers = copy.weight->read().to(copy.memory.scalar_type(), false, /*copy=*/true);
    if (file_) file_->check_unchanged();
    copy.memory.copy_(numbers);
    copy.version = version;
    if (file_) file_->drop_pages();
  }
}

}  // namespace deepcache_gen
