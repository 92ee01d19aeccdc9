// Runs all that a GPU runs of a model on LibTorch's meta device, where tensors have no numbers: whoever looked at one,
// or mixed devices, would be told. usage: outline_run MODEL_FOLDER...; prints the parts that ran.

#include <c10/core/InferenceMode.h>

#include <exception>
#include <iostream>

#include "backend/module_archive.h"
#include "backend/outline_operators.h"
#include "model/fake_recorder.h"
#include "pipeline/loaded_model.h"

using namespace deepcache_gen;

namespace {

constexpr int kSide = 64;

void run_image(const ModelInfo& model, const Placement& placement, const char* role, std::vector<std::int64_t> sizes) {
  if (!model.parts.contains(role)) return;
  const at::Tensor input = at::empty(sizes, at::dtype(placement.dtype).device(placement.device));
  ModuleArchive(model.path_of(role), placement).whole()->run({input});
  std::cout << model.name << " " << role << "\n";
}

Conditioning told(const LoadedModel& loaded) {
  GenerationSettings settings;
  settings.prompt = "a lake";
  settings.guidance_scale = 1;
  const PromptEncoder& encoder = loaded.prompt_encoder(false);
  const EncodedPrompts prompts = encoder.encode(settings, {}, [](const std::string&) {});
  return encoder.arrange(prompts, {}, kSide, kSide).prompt;
}

void run(const std::string& folder, c10::ScalarType dtype) {
  const ModelInfo model = read_model_info(folder);
  const Placement placement{c10::kMeta, dtype};
  int records = 0;
  const LoadedModel loaded(VerifiedModel(model), placement, 0, [&] { return std::make_unique<FakeRecorder>(records); });
  const Conditioning conditioning = told(loaded);
  std::cout << model.name << " text_encoder\n";
  const std::int64_t side = kSide / model.vae_scale;
  const auto options = at::dtype(dtype).device(c10::kMeta);
  const at::Tensor number = at::empty({1}, options.dtype(at::kFloat));
  const UNetInput input{at::empty({1, model.unet().in_channels, side, side}, options), number, conditioning, nullptr,
                        model.unet().guidance_embedding > 0 ? number : at::Tensor()};
  for (int branch = 0; branch < model.unet().rungs; ++branch) {
    for (int round = 0; round < 3; ++round) {
      const UNet::FullOutput full = loaded.unet(false).full(input, branch);
      loaded.unet(false).shallow(input, branch, full.deep_feature);
    }
  }
  std::cout << model.name << " " << kUNet << " " << records << "\n";
  run_image(model, placement, kVaeDecoder, {1, model.latent_channels, side, side});
  run_image(model, placement, kVaeEncoder, {1, 3, kSide, kSide});
}

}  // namespace

int main(int count, char** arguments) try {
  const c10::InferenceMode inference;
  for (int i = 1; i < count; ++i) {
    for (const c10::ScalarType dtype : {c10::kHalf, c10::kBFloat16, c10::kFloat}) run(arguments[i], dtype);
  }
} catch (const std::exception& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
