#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "caching/cache_spec.h"
#include "cli/options/command_line.h"
#include "cli/output/picture.h"
#include "evaluation/comparison.h"

namespace deepcache_gen {

/// The files that `compare` writes.
struct ComparisonFiles {
  std::vector<std::filesystem::path> pictures;  ///< one per setting: original.png, interval3-branch0.png; of several
                                                ///< samplers in a folder for each: euler-karras/original.png
  std::filesystem::path contact_sheet;
  std::optional<std::filesystem::path> page;  ///< unset: no report was asked for
};

/// The files for these settings with each sampler: pictures and contact sheet in the folder of --output, the page in
/// that of --report.
ComparisonFiles name_comparison_files(const std::vector<CacheSpec>& settings,
                                      const std::vector<SamplerChoice>& samplers, const CommandLine& line);

/// A sampler as names and tables write it: `euler (karras)`.
std::string sampler_text(const ComparedSetting& setting);

/// A setting as names and tables write it: `original`, or `interval 3, branch 0`.
std::string setting_text(const CacheSpec& setting);

/// A factor such as `2.41`.
std::string speed_up_text(double factor);

/// The ideal speed-up as a factor; `-` where the model does not say what its parts cost.
std::string ideal_text(const ComparedSetting& setting);

/// Decibels such as `26.83`; `same` where the pictures are.
std::string psnr_text(const ComparedSetting& setting);

/// An SSIM such as `0.9132`; `-` where there is none.
std::string ssim_text(const ComparedSetting& setting);

/// What a step took: `61.2 ms`; `-` for 0, which says that there was none.
std::string milliseconds_text(double seconds);

/// Lines for below a picture: the sampler if asked for, the setting, then `2.4x  26.8 dB  SSIM 0.913`, for the original
/// `1.80 s`.
std::vector<std::string> caption(const ComparedSetting& setting, bool names_sampler = false);

/// The table of `compare` for people: a line for every setting, with the sampler where there are several; no newline at
/// the end.
std::string comparison_table(const std::vector<ComparedSetting>& settings);

/// The same as one JSON object on one line, with the files and the seconds of every step; of several samplers
/// `comparisons` has an object for each. What is infinite (the PSNR of equal pictures) is null.
std::string comparison_json(const std::vector<ComparedSetting>& settings, const RunFacts& run,
                            const ComparisonFiles& files);

}  // namespace deepcache_gen
