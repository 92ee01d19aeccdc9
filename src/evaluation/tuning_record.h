#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "caching/placement_search.h"

namespace deepcache_gen {

/// A picture that was made to see what a setting is good for, against the same without caching.
struct CheckedRun {
  double seconds = 0;          ///< from prompt to pixels
  double beside = 0;           ///< of these those that no UNet call took
  double psnr = 0;             ///< decibels; of equal pictures infinite
  std::optional<double> ssim;  ///< unset where a side is shorter than 7 pixels
};

/// What was measured so far to tune a model, so that it can be gone on with.
struct TuningRecord {
  std::string of;                          ///< SHA-256 of all that decides what is measured, 64 hexadecimal digits
  std::vector<std::vector<double>> gains;  ///< of each picture (`Calibration::gains`)
  std::vector<std::vector<MeasuredErrors>> errors;  ///< of each picture
  std::vector<PassCosts> seconds;                   ///< of each picture of both
  std::vector<CheckedRun> runs;                     ///< picture by picture, each with all settings, as they were made
};

/// What a record is expected to be about.
struct TuningShape {
  std::string of;
  int calls = 0;
  std::vector<int> branches;
  bool guided = false;
};

/// Reads what `tuning_record_text` wrote; the file may be a stranger's: it is bounded, every number is checked. Nothing
/// where it is about something else. Throws `Error` naming the file where it can't be used.
std::optional<TuningRecord> read_tuning_record(const std::filesystem::path& file, const TuningShape& shape);

/// As a file has it: JSON.
std::string tuning_record_text(const TuningRecord& record);

}  // namespace deepcache_gen
