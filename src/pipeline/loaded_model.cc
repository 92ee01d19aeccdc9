#include "pipeline/loaded_model.h"

#include "backend/module_archive.h"

namespace deepcache_gen {
namespace {

PromptEncoder load_prompt_encoder(const ModelInfo& model, const Placement& placement) {
  std::vector<PromptReader> readers;
  for (const TextEncoderInfo& info : model.text_encoders) {
    const ModuleArchive archive(model.folder / info.file, placement);
    readers.push_back({load_tokenizer(info.tokenizer, model.folder),
                       std::make_unique<TextEncoder>(info, archive.whole(), placement.device)});
  }
  return PromptEncoder(model, std::move(readers));
}

UNetLadder load_unet(const ModelInfo& model, const Placement& placement) {
  const ModuleArchive archive(model.folder / model.unet_file, placement);
  return UNetLadder({.time_embedding = archive.part("time_embedding"),
                     .down = archive.parts("down", UNetRungs::kDownContext),
                     .mid = archive.part("mid", UNetRungs::kDownContext),
                     .up = archive.parts("up", UNetRungs::kUpContext),
                     .out = archive.part("out")},
                    model.rungs);
}

VaeDecoder load_vae(const ModelInfo& model, const Placement& placement) {
  const auto load = [file = model.folder / model.vae_decoder_file, device = placement.device](c10::ScalarType dtype) {
    return ModuleArchive(file, {device, dtype}).whole();
  };
  return VaeDecoder(model, placement, load);
}

}  // namespace

LoadedModel load_model(const ModelInfo& model, const Placement& placement) {
  return {load_prompt_encoder(model, placement), load_unet(model, placement), load_vae(model, placement)};
}

}  // namespace deepcache_gen
