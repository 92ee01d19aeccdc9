#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "evaluation/variation.h"
#include "model/model_info.h"
#include "pipeline/engine.h"

namespace deepcache_gen {

/// One setting of a comparison, before it is made.
struct PlannedSetting {
  Variation setting;
  std::shared_ptr<const GenerationPlan> plan;
};

/// The same, and what it made.
struct ComparedSetting : PlannedSetting {
  GeneratedImage image;
  std::vector<StepReport> steps;  ///< every UNet call

  // Against the original of the same sampler; of the original itself 1, infinity and 1.
  double speed_up = 1;                   ///< of text, denoising and decoding together; loading does not count
  double denoise_speed_up = 1;           ///< of denoising alone
  std::optional<double> ideal_speed_up;  ///< by multiply-adds alone; see ideal_speed_up.h
  double psnr = 0;                       ///< decibels
  std::optional<double> ssim;            ///< unset where a side is shorter than 7 pixels

  /// Seconds for the image, from prompt to pixels.
  double seconds() const { return image.timing.total(); }
};

/// Told before each image is begun, after each of its steps, and when it is made and measured.
struct ComparisonProgress {
  std::function<void(const GenerationPlan&, int number, int count)> begin;
  std::function<void(const StepReport&)> step;
  std::function<void(const ComparedSetting&)> made;
  std::function<void(const std::string&)> warn;
  std::function<bool()> stop_requested;
};

/// A sampler to compare with others; what is unset is the model's.
struct SamplerChoice {
  std::optional<std::string> sampler, sigma_schedule;
};

/// Each sampler with each sigma schedule, the names as ours where we know them; an empty list is the model's own.
/// Throws `UsageError` where a list has one twice.
std::vector<SamplerChoice> samplers_to_compare(const std::vector<std::string>& samplers,
                                               const std::vector<std::string>& sigma_schedules);

/// What was made with each sampler, its original first. `settings`: as `compare_settings` returns them; is borrowed.
std::vector<std::span<const ComparedSetting>> by_sampler(const std::vector<ComparedSetting>& settings);

/// Makes the picture of each plan with one image; an original, as the first one is, is what those behind it are
/// measured against. `model`: of the engine. An image that nobody sees is made first, since the
/// first of a process is slower. Throws what the engine throws, and `Error` for an image that can't be made.
std::vector<ComparedSetting> compare_settings(const Engine& engine, const ModelInfo& model,
                                              const std::vector<PlannedSetting>& planned,
                                              const ComparisonProgress& progress);

}  // namespace deepcache_gen
