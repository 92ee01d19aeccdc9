#pragma once

#include <vector>

#include "pipeline/applied_loras.h"
#include "pipeline/image_job.h"
#include "pipeline/loaded_model.h"
#include "pipeline/observer.h"
#include "pipeline/tile_choice.h"

namespace deepcache_gen {

/// Takes one batch through the passes of its plan and hands each image over; see `Engine::generate`. Foreign errors are
/// left to who calls it.
void generate_batch(const ModelInfo& model, const Placement& placement, LoadedModel& parts, AppliedLoras& loras,
                    TileChoice& tiles, const std::vector<ImageJob>& batch, Observer& observer);

/// What a lack of memory for these settings' images at a time is told as. Makes room for what may be tried next.
OutOfMemory explain_lack_of_memory(const ModelInfo& model, const Placement& placement,
                                   const GenerationSettings& settings, int images);

}  // namespace deepcache_gen
