#pragma once

#include <cstdint>
#include <string>

#include "pipeline/request.h"

namespace deepcache_gen {

/// The text of a PNG's `parameters` chunk in the form that AUTOMATIC1111's web UI writes (modules/infotext_utils.py
/// there) and image viewers read: the prompt, a line `Negative prompt: ...` where there is one, and a line of `Name:
/// value` pairs with the cache settings among them. `seed` is that of the one image.
std::string parameters_text(GenerationSettings settings, const std::string& model, std::int64_t seed);

}  // namespace deepcache_gen
