#pragma once

#include <vector>

#include "caching/pass_costs.h"
#include "caching/placement_search.h"
#include "schedulers/scheduler_config.h"
#include "schedulers/step.h"

namespace deepcache_gen {

/// What is measured on a picture, which is made without caching all the while.
struct CalibrationWish {
  std::vector<int> branches;  ///< rising, at least one
  /// By how much the square of an error at each call is multiplied until the end (`gains_of_calls`). Empty: that is
  /// what is measured, with the first branch; else the errors of segments.
  std::vector<double> gains{};
};

/// What was measured.
struct Calibration {
  std::vector<double> gains;           ///< at `calls_of_gains`
  std::vector<MeasuredErrors> errors;  ///< of each branch with both halves, then, under guidance, of each held
  PassCosts seconds;                   ///< medians, by branch; those that were not asked for take as long as full ones
};

/// How far the latents after a solver step move with the model output of each of its calls, as in DDIM (Song et al.,
/// arXiv 2010.02502, equation 12) between the levels of the step, in latents of variance one. A call that looks again
/// where the one before it went has the weight of that. `steps`: all calls of a way.
std::vector<double> weights_of_outputs(const std::vector<Step>& steps, PredictionType prediction_type);

/// UNet calls that a wish takes: of the whole UNet, and of the outermost rungs.
struct CalibrationCalls {
  int full = 0, cached = 0;
};
CalibrationCalls calls_of(const CalibrationWish& wish, int calls, bool guided);

}  // namespace deepcache_gen
