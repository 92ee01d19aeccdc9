#pragma once

#include <string>

#include "cli/terminal/progress.h"
#include "pipeline/observer.h"

namespace deepcache_gen {

/// `image 1/1`, or `images 3-4/8` where a call works on several; counted from 1, without `/8` where that is not known.
std::string images_text(const BatchPlace& place);
/// `3.21 it/s`, or `4.5 s/it` where a step takes longer than a second.
std::string rate_text(double steps_per_second);
/// `0:07` or `1:02:03`, rounded up.
std::string duration_text(double seconds);
/// `1.80 s`.
std::string seconds_text(double seconds);
/// `1 image`, `24 images`.
std::string count_text(int count, const std::string& noun);
/// `24 images in 12.30 s, 0.51 s each; load 0.40 s`: of a run of that many images.
std::string totals_text(int images, double seconds, double load_seconds);

}  // namespace deepcache_gen
