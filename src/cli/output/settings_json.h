#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "pipeline/request.h"

namespace deepcache_gen {

/// What decides a picture but for caching and model, as all records name it: prompt, negative_prompt (null where it is
/// unset), seed, width, height, steps, guidance_scale, sampler, scheduler. `seed`: of the one picture.
nlohmann::ordered_json settings_json(const GenerationSettings& settings, std::int64_t seed);

}  // namespace deepcache_gen
