#pragma once

#include <filesystem>
#include <string>

namespace deepcache_gen {

/// The folder of the model that comes with the program: beside the build folder (models/scenes) or, in an installed
/// tree, under ../share/deepcache-gen/models. Throws `Error` where it is in neither place.
std::filesystem::path embedded_model_folder();

}  // namespace deepcache_gen
