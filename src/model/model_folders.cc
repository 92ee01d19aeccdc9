#include "model/model_folders.h"

#include <array>

#include "support/error.h"

namespace deepcache_gen {

std::filesystem::path embedded_model_folder() {
  const std::filesystem::path bin = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::array candidates{bin / "../models/scenes", bin / "../share/deepcache-gen/models/scenes"};
  for (const std::filesystem::path& folder : candidates) {
    if (std::filesystem::exists(folder / "model.json")) return folder.lexically_normal();
  }
  throw Error("the embedded model was not found beside the program, in " + candidates[0].lexically_normal().string() +
              " or " + candidates[1].lexically_normal().string() + "; name a model folder with --model DIR");
}

}  // namespace deepcache_gen
