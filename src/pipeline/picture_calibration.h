#pragma once

#include "pipeline/applied_loras.h"
#include "pipeline/calibration.h"
#include "pipeline/image_job.h"
#include "pipeline/loaded_model.h"
#include "pipeline/observer.h"

namespace deepcache_gen {

/// Measures what caching does on the way of one picture, of one pass from noise; see `Engine::calibrate`. Foreign
/// errors are left to who calls it.
Calibration calibrate_on_picture(const ModelInfo& model, const Placement& placement, LoadedModel& parts,
                                 AppliedLoras& loras, const ImageJob& job, const CalibrationWish& wish,
                                 Observer& observer);

}  // namespace deepcache_gen
