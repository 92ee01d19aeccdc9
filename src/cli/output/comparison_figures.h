#pragma once

#include <string>
#include <vector>

#include "evaluation/comparison.h"

namespace deepcache_gen {

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

/// Two lines for below a picture: the setting, then `2.4x  26.8 dB  SSIM 0.913`, for the original `1.80 s`.
std::vector<std::string> caption(const ComparedSetting& setting);

}  // namespace deepcache_gen
