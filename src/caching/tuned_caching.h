#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "caching/pass_costs.h"

namespace deepcache_gen {

/// A place of the full calls that `tune` found to be the best of its cost.
struct TunedPlacement {
  Choice cached = Choice::cached(0);  ///< what each cached call does
  std::vector<int> full;              ///< among the calls of the way, rising, the first is 0
  double error = 0;                   ///< predicted, as a part of that of every third call placed by the power law 1.5
  std::optional<double> psnr, ssim;   ///< mean over the pictures that it was checked with; unset: it was not
};

/// What `tune` found out about a model, on one machine with one sampler.
struct TunedCaching {
  std::string unet_sha256;        ///< of the UNet's file that it was made with
  std::string sampler, schedule;  ///< names
  int steps = 0, calls = 0;       ///< denoising steps, and the UNet calls that they take
  double guidance_scale = 0;      ///< at 1 and below there is one half only
  int width = 0, height = 0;      ///< pixels
  std::string device, dtype;
  PassCosts seconds;                  ///< of one picture of these sizes
  std::vector<TunedPlacement> front;  ///< from the cheapest on; each errs less than those before it that reuse the same
};

/// More are not kept of a front.
inline constexpr std::size_t kMostTunedPlacements = 500;

/// Reads what `tuned_caching_text` wrote. The file may be a stranger's: it is bounded, and every number is checked
/// (`seconds.are_seconds` is true). Throws `Error` naming the file, the field and what to do.
TunedCaching read_tuned_caching(const std::filesystem::path& file);

/// As a file has it: JSON.
std::string tuned_caching_text(const TunedCaching& tuned);

}  // namespace deepcache_gen
