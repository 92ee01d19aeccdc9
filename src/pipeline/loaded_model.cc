#include "pipeline/loaded_model.h"

#include <algorithm>
#include <utility>

#include "backend/free_memory.h"
#include "backend/module_archive.h"
#include "model/layered_text_encoder.h"
#include "model/whole_text_encoder.h"
#include "pipeline/control_settings.h"

namespace deepcache_gen {
namespace {

using Kept = std::shared_ptr<KeptWeights>;

ModuleArchive open_archive(const VerifiedModel& model, const std::string& role, const Placement& placement,
                           const Kept& kept) {
  return {model.info().path_of(role), placement, model.state_of_part(role), kept};
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

PromptEncoder load_prompt_encoder(const VerifiedModel& model, const Placement& placement, const Kept& kept) {
  model.info().part(kTextEncoder);  // throws where there is none
  std::vector<PromptReader> readers;
  for (const auto& [role, info] : model.info().text_encoders) {
    const std::string& file = model.info().part(role).file;
    const ModuleArchive archive = open_archive(model, role, placement, kept);
    readers.push_back({load_tokenizer(info.tokenizer, model.info().folder),
                       load_text_encoder(archive, file, info, placement.device)});
  }
  return PromptEncoder(model.info(), std::move(readers));
}

// Text to image takes what gives latents from latents, inpainting also what reads a mask beside.
void check_channels(const ModelInfo& model, const UNetInfo& unet) {
  const int plain = model.latent_channels, with_mask = 2 * model.latent_channels + 1;
  if (unet.in_channels == plain || unet.in_channels == with_mask) return;
  throw Error("model '" + model.name + "': the part " + kUNet + " reads " + std::to_string(unet.in_channels) +
              " channels, expected " + std::to_string(plain) + ", or " + std::to_string(with_mask) +
              " for inpainting; use another model");
}

std::unique_ptr<UNetLadder> load_unet(const VerifiedModel& model, const Placement& placement, const Kept& kept) {
  const UNetInfo& info = model.info().unet();
  check_channels(model.info(), info);
  const ModuleArchive archive = open_archive(model, kUNet, placement, kept);
  UNetRungs rungs{.time_embedding = archive.part("time_embedding"),
                  .down = archive.parts("down", UNetRungs::kDownContext),
                  .mid = archive.part("mid", UNetRungs::kDownContext),
                  .up = archive.parts("up", UNetRungs::kUpContext),
                  .out = archive.part("out")};
  return std::make_unique<UNetLadder>(std::move(rungs), info.rungs, model.info().latent_channels);
}

std::shared_ptr<const ControlNet> load_control_net(const ModelInfo& net, const Placement& placement) {
  const VerifiedModel verified(net);
  const ModuleArchive archive = open_archive(verified, kControlNet, placement, nullptr);
  ControlRungs rungs{.time_embedding = archive.part("time_embedding"),
                     .picture = archive.part("picture"),
                     .down = archive.parts("down", UNetRungs::kDownContext),
                     .mid = archive.part("mid", UNetRungs::kDownContext),
                     .residuals = archive.parts("residuals"),
                     .mid_residual = archive.part("mid_residual")};
  auto loaded = std::make_shared<const ControlNet>("control net " + net.path_of(kControlNet).string(), std::move(rungs),
                                                   *net.control_net);
  verified.check_unchanged();
  return loaded;
}

// One half of the VAE, in whatever dtype it is asked for.
auto loader_of(const VerifiedModel& model, const char* role, const Placement& placement) {
  return [file = model.info().path_of(role), device = placement.device,
          state = model.state_of_part(role)](c10::ScalarType dtype) {
    return ModuleArchive(file, {device, dtype}, state).whole();
  };
}

VaeDecoder load_vae(const VerifiedModel& model, const Placement& placement) {
  return VaeDecoder(model.info(), placement, loader_of(model, kVaeDecoder, placement));
}

void add_taken_back(const std::vector<NamedDelta>& added, std::vector<NamedDelta>& taken_back) {
  for (const NamedDelta& named : added) taken_back.push_back({named.name, {}});
}

bool must_take_turns(const ModelInfo& model, const Placement& placement, std::int64_t free_bytes) {
  return model.refiner && !fit_together(model, placement, free_bytes);
}

// Of a dtype's numbers, as model.json names it.
double bytes_of_a_weight(const std::string& dtype) { return dtype == "float32" ? 4 : 2; }

}  // namespace

double bytes_of_part(const ModelInfo& model, const std::string& role, const Placement& placement) {
  const auto stored = static_cast<double>(model.file_of(role).size);
  return stored / bytes_of_a_weight(model.dtype) * static_cast<double>(c10::elementSize(placement.dtype));
}

bool fit_together(const ModelInfo& model, const Placement& placement, std::int64_t free_bytes) {
  // For the activations of a picture, text encoders and VAE.
  constexpr double kRest = 4.0 * (1 << 30);
  return bytes_of_part(model, kUNet, placement) + bytes_of_part(*model.refiner, kUNet, placement) + kRest <=
         static_cast<double>(free_bytes);
}

LoadedModel::LoadedModel(const VerifiedModel& model, const Placement& placement, std::int64_t free_bytes,
                         MakeRecorder make_recorder)
    : model_(model),
      placement_(placement),
      kept_(std::make_shared<KeptWeights>()),
      takes_turns_(must_take_turns(model.info(), placement, free_bytes)),
      make_recorder_(std::move(make_recorder)),
      base_{load_prompt_encoder(model, placement, kept_), load_unet(model, placement, kept_), nullptr},
      vae_decoder_(load_vae(model, placement)) {
  if (model.info().refiner) {
    const VerifiedModel& refiner = *model.refiner();
    refiner_.emplace(load_prompt_encoder(refiner, placement, nullptr),
                     takes_turns_ ? nullptr : load_unet(refiner, placement, nullptr), nullptr);
  }
  if (takes_turns_) patchable_weights();  // while the UNet is there
  model.check_unchanged();
}

UNetLadder& LoadedModel::loaded(bool refines) const {
  std::unique_ptr<UNetLadder>& wanted = of(refines).unet;
  if (wanted) return *wanted;
  of(!refines).recorded.reset();
  of(!refines).unet.reset();
  release_kept_memory(placement_.device);
  std::unique_ptr<UNetLadder> unet = load_unet(model_of(refines), placement_, refines ? nullptr : kept_);
  model_of(refines).check_unchanged();
  if (!refines) unet->patch(model_.info().part(kUNet).weights, added_to_unet_);
  wanted = std::move(unet);
  return *wanted;
}

const UNet& LoadedModel::unet(bool refines) const {
  const UNetLadder& ladder = loaded(refines);
  if (!make_recorder_) return ladder;
  std::unique_ptr<RecordedUNet>& recorded = of(refines).recorded;
  if (!recorded) recorded = std::make_unique<RecordedUNet>(ladder, make_recorder_());
  return *recorded;
}

std::vector<RecordedUNet*> LoadedModel::recorded() const {
  std::vector<RecordedUNet*> unets;
  if (base_.recorded) unets.push_back(base_.recorded.get());
  if (refiner_ && refiner_->recorded) unets.push_back(refiner_->recorded.get());
  return unets;
}

bool LoadedModel::forget_recordings() const {
  const std::vector<RecordedUNet*> unets = recorded();
  const bool are_there = std::any_of(unets.begin(), unets.end(), [](auto* unet) { return unet->recordings() > 0; });
  // Not only the recordings: a recorder keeps the memory that they share.
  base_.recorded.reset();
  if (refiner_) refiner_->recorded.reset();
  if (are_there) release_kept_memory(placement_.device);
  return are_there;
}

std::optional<std::string> LoadedModel::take_recording_problem() {
  std::optional<std::string> problem;
  for (const RecordedUNet* unet : recorded()) {
    std::optional<std::string> taken = unet->take_problem();
    if (taken) problem = std::move(taken);
  }
  if (problem) make_recorder_ = nullptr;  // what fails for one fails for the other
  return problem;
}

std::vector<Embedding> LoadedModel::embeddings(const GenerationSettings& settings, bool refines) const {
  return embeddings_.of(settings, model_of(refines).info());
}

const std::map<std::string, WeightSizes>& LoadedModel::patchable_weights() const {
  if (patchable_) return *patchable_;
  std::map<std::string, WeightSizes> patchable;
  const ModelInfo& info = model_.info();
  patchable[kUNet] = loaded(false).patchable_weights(info.part(kUNet).weights);
  std::size_t number = 0;
  for (const auto& [role, encoder] : info.text_encoders) {
    patchable[role] = base_.prompt_encoder.text_encoder(number++).patchable_weights(info.part(role).weights);
  }
  patchable_ = std::move(patchable);
  return *patchable_;
}

void LoadedModel::patch_part(const std::string& role, std::span<const NamedDelta> deltas) const {
  const WeightNames& names = model_.info().part(role).weights;
  if (role == kUNet) {
    if (base_.unet) base_.unet->patch(names, deltas);
    return;
  }
  const auto& encoders = model_.info().text_encoders;
  const auto number = static_cast<std::size_t>(std::distance(encoders.begin(), encoders.find(role)));
  base_.prompt_encoder.text_encoder(number).patch(names, deltas);
}

void LoadedModel::patch(const std::map<std::string, std::vector<NamedDelta>>& added) {
  forget_recordings();  // they hold keys and values of weights as they were
  added_to_unet_.clear();
  for (const auto& [role, sizes] : patchable_weights()) {
    std::vector<NamedDelta> deltas = taken_back_[role];
    const auto found = added.find(role);
    if (found != added.end()) {
      deltas.insert(deltas.end(), found->second.begin(), found->second.end());
      add_taken_back(found->second, taken_back_[role]);
      if (role == kUNet) added_to_unet_ = found->second;
    }
    patch_part(role, deltas);
  }
  kept_->follow();
  taken_back_.clear();
  for (const auto& [role, deltas] : added) add_taken_back(deltas, taken_back_[role]);
}

const VaeEncoder& LoadedModel::vae_encoder() const {
  if (!vae_encoder_) {
    vae_encoder_.emplace(model_.info(), placement_, loader_of(model_, kVaeEncoder, placement_));
    model_.check_unchanged();
  }
  return *vae_encoder_;
}

std::shared_ptr<const ControlNet> LoadedModel::control_net(const ModelInfo& net) const {
  constexpr std::size_t kMostKept = 4;
  const std::string identity = identity_of_control_net(net);
  const auto known = std::find_if(control_nets_.begin(), control_nets_.end(),
                                  [&](const auto& kept) { return kept.first == identity; });
  if (known != control_nets_.end()) {
    control_nets_.splice(control_nets_.begin(), control_nets_, known);
  } else {
    if (control_nets_.size() == kMostKept) control_nets_.pop_back();
    control_nets_.emplace_front(identity, load_control_net(net, placement_));
  }
  return control_nets_.front().second;
}

}  // namespace deepcache_gen
