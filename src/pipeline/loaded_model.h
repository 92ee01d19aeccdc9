#pragma once

#include "backend/placement.h"
#include "model/checksums.h"
#include "model/unet_ladder.h"
#include "model/vae_decoder.h"
#include "pipeline/prompt_encoder.h"

namespace deepcache_gen {

/// The parts of a model, loaded and ready to run.
struct LoadedModel {
  PromptEncoder prompt_encoder;
  UNetLadder unet;
  VaeDecoder vae;
};

/// Loads every part. Throws `Error` naming the file that can't be used.
LoadedModel load_model(const VerifiedModel& model, const Placement& placement);

}  // namespace deepcache_gen
