#include "pipeline/loaded_model.h"

#include <utility>

#include "backend/module_archive.h"
#include "model/layered_text_encoder.h"
#include "model/whole_text_encoder.h"

namespace deepcache_gen {
namespace {

ModuleArchive open_archive(const VerifiedModel& model, const std::string& role, const Placement& placement) {
  return {model.info().path_of(role), placement, model.state_of_part(role)};
}

std::unique_ptr<TextEncoder> load_text_encoder(const ModuleArchive& archive, const std::string& file,
                                               const TextEncoderInfo& info, c10::Device device) {
  if (!info.layers) return std::make_unique<WholeTextEncoder>(file, info, archive.whole(), device);
  TextEncoderModules modules{.token_embedding = archive.part("token_embedding"),
                             .positions = archive.part("positions"),
                             .layers = archive.parts("layers"),
                             .final_norm = archive.part("final_norm"),
                             .projection = info.projection_size > 0 ? archive.part("projection") : nullptr};
  return std::make_unique<LayeredTextEncoder>(file, info, std::move(modules), device);
}

PromptEncoder load_prompt_encoder(const VerifiedModel& model, const Placement& placement) {
  model.info().part(kTextEncoder);  // throws where there is none
  std::vector<PromptReader> readers;
  for (const auto& [role, info] : model.info().text_encoders) {
    const std::string& file = model.info().part(role).file;
    const ModuleArchive archive = open_archive(model, role, placement);
    readers.push_back({load_tokenizer(info.tokenizer, model.info().folder),
                       load_text_encoder(archive, file, info, placement.device)});
  }
  return PromptEncoder(model.info(), std::move(readers));
}

UNetLadder load_unet(const VerifiedModel& model, const std::string& role, const Placement& placement) {
  const UNetInfo& info = model.info().unet(role);
  if (info.in_channels != model.info().latent_channels) {
    throw Error("model '" + model.info().name + "': the part " + role + " reads " + std::to_string(info.in_channels) +
                " channels, latents have " + std::to_string(model.info().latent_channels) +
                "; a UNet for inpainting can't make pictures from text alone, use another model");
  }
  const ModuleArchive archive = open_archive(model, role, placement);
  return UNetLadder({.time_embedding = archive.part("time_embedding"),
                     .down = archive.parts("down", UNetRungs::kDownContext),
                     .mid = archive.part("mid", UNetRungs::kDownContext),
                     .up = archive.parts("up", UNetRungs::kUpContext),
                     .out = archive.part("out")},
                    info.rungs, model.info().latent_channels);
}

VaeDecoder load_vae(const VerifiedModel& model, const Placement& placement) {
  const auto load = [file = model.info().path_of(kVaeDecoder), device = placement.device,
                     state = model.state_of_part(kVaeDecoder)](c10::ScalarType dtype) {
    return ModuleArchive(file, {device, dtype}, state).whole();
  };
  return VaeDecoder(model.info(), placement, load);
}

}  // namespace

LoadedModel load_model(const VerifiedModel& model, const Placement& placement) {
  PromptEncoder prompt_encoder = load_prompt_encoder(model, placement);
  std::map<std::string, UNetLadder> unets;
  unets.emplace(kUNet, load_unet(model, kUNet, placement));
  LoadedModel loaded{std::move(prompt_encoder), std::move(unets), load_vae(model, placement)};
  model.check_unchanged();
  return loaded;
}

}  // namespace deepcache_gen
