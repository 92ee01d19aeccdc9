#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/options/command_line.h"
#include "cli/output/picture.h"
#include "evaluation/comparison.h"

namespace deepcache_gen {

/// The files that `compare` writes.
struct ComparisonFiles {
  std::vector<std::filesystem::path> pictures;  ///< one per setting: original.png, interval3-branch0.png
  std::filesystem::path contact_sheet;
  std::optional<std::filesystem::path> page;  ///< unset: no report was asked for
};

/// The files beside the pictures: the contact sheet in the folder of --output, the page in that of --report.
ComparisonFiles name_comparison_files(const CommandLine& line);

/// Where the pictures of a sampler lie: in the folder of --output; of several in one for each, as euler-karras.
std::filesystem::path picture_folder(const SamplerChoice& sampler, std::size_t samplers, const CommandLine& line);

/// What was made with one sampler, its original first.
using SamplerGroup = std::span<const ComparedSetting>;
/// The sampler as names and tables write it: `euler (karras)`.
std::string sampler_text(const SamplerGroup& group);
/// How many pictures the largest group has.
std::size_t longest_group(const std::vector<SamplerGroup>& groups);

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

/// Lines for below a picture: the sampler if it is not empty, the setting, then `2.4x  26.8 dB  SSIM 0.913`, for the
/// original `1.80 s`.
std::vector<std::string> caption(const ComparedSetting& setting, const std::string& sampler = "");

/// The table of `compare` for people: a line for every setting, with the sampler where there are several; no newline at
/// the end.
std::string comparison_table(const std::vector<ComparedSetting>& settings);

/// The same as one JSON object on one line, with the files and the seconds of every step; of several samplers
/// `comparisons` has an object for each. What is infinite (the PSNR of equal pictures) is null, and so is the interval
/// of a policy that has none.
std::string comparison_json(const std::vector<ComparedSetting>& settings, const RunFacts& run,
                            const ComparisonFiles& files);

}  // namespace deepcache_gen
