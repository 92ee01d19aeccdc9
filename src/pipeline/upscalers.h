#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace deepcache_gen {

/// A way in which a picture becomes larger between two passes.
struct Upscaler {
  std::string_view name, infotext;  ///< ours, AUTOMATIC1111's
  bool enlarges_pixels;             ///< the decoded picture, which is encoded again; false: the latents
  bool smooth;                      ///< bilinear or Lanczos; false: each takes its nearest
};

/// Every upscaler, the usual one first.
std::span<const Upscaler> upscalers();
std::vector<std::string> upscaler_names();
/// Throws `UsageError` for a name that is not known.
const Upscaler& upscaler_named(const std::string& name);

}  // namespace deepcache_gen
