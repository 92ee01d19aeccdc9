#include "model/borrowed_parts.h"

#include "support/error.h"

namespace deepcache_gen {
namespace {

constexpr const char* kVaeFlag = "--vae";

[[noreturn]] void refuse_vae(const ModelInfo& lender, const std::string& problem) {
  throw UsageError(kVaeFlag, std::string(kVaeFlag) + " '" + lender.folder.string() + "': " + problem);
}

void require_equal(const ModelInfo& model, const ModelInfo& lender, int ModelInfo::*field, const std::string& what) {
  if (model.*field == lender.*field) return;
  refuse_vae(lender, "has " + std::to_string(lender.*field) + " " + what + ", model " + model.name + " has " +
                         std::to_string(model.*field) + "; use a VAE for the same latents");
}

// What the decoder costs is counted for either VAE, or for none.
void borrow_arithmetic(ModelInfo& model, const ModelInfo& lender) {
  if (!lender.vae.decoding) {
    model.arithmetic.reset();
  } else if (model.arithmetic) {
    model.arithmetic->decoder = *lender.vae.decoding;
  }
}

}  // namespace

void borrow_part(ModelInfo& model, const ModelInfo& lender, const std::string& role) {
  PartInfo part = lender.part(role);
  part.lender = PartLender{lender.name, lender.folder, lender.file_of(role)};
  model.parts[role] = std::move(part);
}

ModelInfo with_vae_of(ModelInfo model, const ModelInfo& lender) {
  if (!lender.parts.contains(kVaeDecoder)) refuse_vae(lender, "has no VAE decoder; use an export that has one");
  require_equal(model, lender, &ModelInfo::latent_channels, "latent channels");
  require_equal(model, lender, &ModelInfo::vae_scale, "pixels per latent");
  borrow_part(model, lender, kVaeDecoder);
  // The latents of one VAE are not another's, so that the model's own encoder can't stand in.
  model.parts.erase(kVaeEncoder);
  if (lender.parts.contains(kVaeEncoder)) borrow_part(model, lender, kVaeEncoder);
  model.vae = lender.vae;
  if (lender.preview) model.preview = lender.preview;
  borrow_arithmetic(model, lender);
  return model;
}

}  // namespace deepcache_gen
