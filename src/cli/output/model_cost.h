#pragma once

#include <string>

#include "model/model_info.h"

namespace deepcache_gen {

/// "401.6 G multiply-adds at 512x512, twice that with guidance": at the model's default size. Only for a model whose
/// `arithmetic` is known.
std::string full_step_text(const ModelInfo& model);

/// "7.9 % of that at branch 0, 22.4 % at 1, …": for every branch. Only for a model whose `arithmetic` is known.
std::string cached_step_text(const ModelInfo& model);

}  // namespace deepcache_gen
