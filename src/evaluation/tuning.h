#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "caching/tuned_caching.h"
#include "evaluation/tuning_record.h"
#include "evaluation/tuning_settings.h"
#include "pipeline/engine.h"

namespace deepcache_gen {

/// What a model is tuned with: requests of one picture each, which differ in prompt and seed only.
struct TuningPictures {
  std::vector<GenerationRequest> calibration, check;
};

/// Told what is done next, which part of all that is to be done is behind, and what was measured, to be kept.
struct TuningProgress {
  std::function<void(const std::string& what)> begin;
  std::function<void(double done)> step;
  std::function<void(const TuningRecord&)> keep;
  std::function<void(const std::string&)> warn;
  std::function<bool()> stop_requested;
};

/// A setting and what came of it.
struct CheckedSetting {
  CheckSetting setting;
  std::vector<CheckedRun> runs;      ///< of each picture of the check
  double seconds = 0;                ///< median
  double psnr = 0, lowest_psnr = 0;  ///< mean and lowest, each picture's counted as at most 100 dB
  std::optional<double> ssim;        ///< mean
};

/// How a model was tuned, and how good that is on other pictures.
struct Tuning {
  TunedCaching tuned;
  std::vector<CheckedSetting> checked;
  int calibration_pictures = 0;
};

/// What tuning is about, for `read_tuning_record`. Throws what `resolve` throws for the pictures.
TuningShape shape_of_tuning(const ModelInfo& model, const TuningPictures& pictures, const std::vector<int>& branches,
                            const EngineFacts& engine);

/// Measures what `record` lacks, searches for the best placements of full calls, and makes pictures with them, with
/// others and without caching. `branches`: rising; those whose cached call takes half of a full one or more are left
/// out, unless it is all. Throws what the engine throws, `Interrupted` after what was measured was kept.
Tuning tune_caching(const Engine& engine, const ModelInfo& model, const TuningPictures& pictures,
                    const std::vector<int>& branches, TuningRecord record, const TuningProgress& progress);

}  // namespace deepcache_gen
