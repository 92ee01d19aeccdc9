#pragma once

#include <map>
#include <string>

#include "backend/placement.h"
#include "model/checksums.h"
#include "model/unet_ladder.h"
#include "model/vae_decoder.h"
#include "pipeline/prompt_encoder.h"

namespace deepcache_gen {

/// The parts of a model, loaded and ready to run.
struct LoadedModel {
  PromptEncoder prompt_encoder;
  std::map<std::string, UNetLadder> unets;  ///< by role (model/model_parts.h)
  VaeDecoder vae;

  const UNet& unet(const std::string& role) const { return unets.at(role); }
};

/// Loads the parts that text to image needs. Throws `Error` naming the file that can't be used, or the part that the
/// model lacks.
LoadedModel load_model(const VerifiedModel& model, const Placement& placement);

}  // namespace deepcache_gen
