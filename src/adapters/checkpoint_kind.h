#pragma once

#include <optional>
#include <string>

#include "backend/archive/safetensors_header.h"

namespace deepcache_gen {

/// What a file of whole weights is, by the names and shapes in it.
struct CheckpointKind {
  std::string kind;                   ///< "checkpoint of a whole model", "VAE", "ControlNet", ...
  std::optional<std::string> family;  ///< unset where nothing tells it
  std::string made_for;               ///< how it is used here, or that it is not
  bool is_whole_model = false;        ///< a model can be exported from it alone
};

/// Unset where it is none that is known. Source of the names: the releases of CompVis, Stability AI and diffusers.
std::optional<CheckpointKind> checkpoint_kind(const SafetensorsHeader& header);

}  // namespace deepcache_gen
