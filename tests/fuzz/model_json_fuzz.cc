// A stranger's model.json: all that is made of it without LibTorch. The files that seeds name are there, and empty.
#include "cli/output/inspection.h"
#include "cli/output/model_list.h"
#include "fuzzing.h"
#include "model/checksums.h"
#include "model/model_identity.h"
#include "model/model_info.h"

namespace deepcache_gen {
namespace {

const FuzzFolder& model_folder() {
  static const FuzzFolder folder;
  static const bool written = [] {
    for (const char* name : {"u.pt", "v.pt", "t.pt", "s.pt", "w.txt", "m.model", "vocab.json", "merges.txt"})
      folder.write(name, "");
    return true;
  }();
  require(written, "the folder has its files");
  return folder;
}

void use(const ModelInfo& model) {
  std::vector<std::string> roles;
  for (const auto& [role, part] : model.parts) roles.push_back(role);
  identity_of(model, roles);
  model.latent_pixels(model.default_width, model.default_height);
  require(model.latent_channels > 0, "latents have channels");
  for (const auto& [role, unet] : model.unets) require(unet.rungs > 0 && model.parts.contains(role), "a UNet is whole");
  for (const auto& [role, encoder] : model.text_encoders) {
    require(encoder.skip >= 1 && encoder.skip <= encoder.layers.value_or(2), "a layer that is read is there");
  }
  for (const auto& [role, part] : model.parts) {
    require(model.files.contains(part.file), "a part's file is known");
    part.weights.archived("down_blocks.0.resnets.0.conv1.weight");
    part.weights.published("down.1.resnet.conv1.weight");
  }
  const ChecksumResults checksums = compare_checksums(model);
  inspection_text(model, checksums);
  inspection_json(model, checksums);
  model_list_text({{"fuzz", model.folder, model, ""}});
  model_list_json({{"fuzz", model.folder, model, ""}});
}

}  // namespace
}  // namespace deepcache_gen

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace deepcache_gen;
  model_folder().write("model.json", as_text(data, size));
  takes([] { use(read_model_info(model_folder().path())); });
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed) {
  return deepcache_gen::mutate_json(data, size, max_size, seed);
}
