#include "pipeline/loaded_model.h"

#include "backend/module_archive.h"

namespace deepcache_gen {
namespace {

ModuleArchive open_archive(const VerifiedModel& model, const std::string& file, const Placement& placement) {
  return {model.info().folder / file, placement, model.state_of(file)};
}

PromptEncoder load_prompt_encoder(const VerifiedModel& model, const Placement& placement) {
  std::vector<PromptReader> readers;
  for (const TextEncoderInfo& info : model.info().text_encoders) {
    const ModuleArchive archive = open_archive(model, info.file, placement);
    readers.push_back({load_tokenizer(info.tokenizer, model.info().folder),
                       std::make_unique<TextEncoder>(info, archive.whole(), placement.device)});
  }
  return PromptEncoder(model.info(), std::move(readers));
}

UNetLadder load_unet(const VerifiedModel& model, const Placement& placement) {
  const ModuleArchive archive = open_archive(model, model.info().unet_file, placement);
  return UNetLadder({.time_embedding = archive.part("time_embedding"),
                     .down = archive.parts("down", UNetRungs::kDownContext),
                     .mid = archive.part("mid", UNetRungs::kDownContext),
                     .up = archive.parts("up", UNetRungs::kUpContext),
                     .out = archive.part("out")},
                    model.info().rungs, model.info().latent_channels);
}

VaeDecoder load_vae(const VerifiedModel& model, const Placement& placement) {
  const std::string& name = model.info().vae_decoder_file;
  const auto load = [file = model.info().folder / name, device = placement.device,
                     state = model.state_of(name)](c10::ScalarType dtype) {
    return ModuleArchive(file, {device, dtype}, state).whole();
  };
  return VaeDecoder(model.info(), placement, load);
}

}  // namespace

LoadedModel load_model(const VerifiedModel& model, const Placement& placement) {
  LoadedModel loaded{load_prompt_encoder(model, placement), load_unet(model, placement), load_vae(model, placement)};
  model.check_unchanged();
  return loaded;
}

}  // namespace deepcache_gen
